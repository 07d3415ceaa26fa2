"""How hard a built-in cohort is: a linear model on pixels must do poorly, a small CNN trained from scratch well.

python scripts/phantom_difficulty.py thyroid                          linear model and CNN, a few minutes on one core
python scripts/phantom_difficulty.py brain --where sequence=FLAIR     one sequence
python scripts/phantom_difficulty.py thyroid --manifest FILE          a cohort written elsewhere
"""

import argparse
import csv
import time
from pathlib import Path

import numpy as np
import pydicom
import torch
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional as F

from medimg.phantoms import cohort

FIELD_MM = {"thyroid": 240.0, "brain": 240.0}


def rows(manifest: Path, where: list[str]) -> list[dict[str, str]]:
    with manifest.open() as stream:
        table = list(csv.DictReader(stream))
    for key, value in (term.split("=", 1) for term in where):
        table = [row for row in table if row[key] == value]
    return table


def resampled(path: Path, frame: int, edge: int, field_mm: float) -> np.ndarray:
    """One picture on an edge x edge grid of a given field about its middle, area-averaged, root-scaled to [0, 1]."""
    file = pydicom.dcmread(path)
    pixels = file.pixel_array.astype(np.float32)
    pixels = pixels[max(frame, 0)] if pixels.ndim == 3 else pixels
    spacing = [float(value) for value in file.PixelSpacing]
    size = torch.tensor([pixels.shape[1] * spacing[1], pixels.shape[0] * spacing[0]])
    fine = 2 * edge
    theta = torch.tensor([[[field_mm / float(size[0]), 0, 0], [0, field_mm / float(size[1]), 0]]])
    grid = F.affine_grid(theta, [1, 1, fine, fine], align_corners=False)
    image = F.avg_pool2d(F.grid_sample(torch.from_numpy(pixels)[None, None], grid, align_corners=False), 2)[0, 0].numpy()
    return np.sqrt(np.clip(image / max(np.percentile(image, 99.5), 1e-6), 0, 1.5))


def load(manifest: Path, table: list[dict[str, str]], edge: int, field_mm: float) -> np.ndarray:
    return np.stack([resampled(manifest.parent / row["image"], int(row.get("frame") or -1), edge, field_mm) for row in table])


def targets(table: list[dict[str, str]]) -> tuple[list[str], np.ndarray]:
    classes = sorted({label for row in table for label in row["label"].split("|")})
    return classes, np.array([[float(name in row["label"].split("|")) for name in classes] for row in table], np.float32)


def auroc(truth: np.ndarray, score: np.ndarray) -> np.ndarray:
    there = [0 < column.sum() < len(column) for column in truth.T]
    return np.array([roc_auc_score(a, b) if ok else np.nan for a, b, ok in zip(truth.T, score.T, there, strict=True)])


def linear(x: np.ndarray, y: np.ndarray, folds: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Best over a small grid of components and penalties, which flatters the linear model: mean over folds of AUROC per class."""
    flat, best = x.reshape(len(x), -1), np.zeros(y.shape[1])
    for components in (30, 100):
        for penalty in (0.003, 0.1):
            per_fold = []
            for train, test in folds:
                score = np.zeros((len(test), y.shape[1]))
                reduce = make_pipeline(PCA(min(components, len(train) - 1), random_state=0), StandardScaler()).fit(flat[train])
                a, b = reduce.transform(flat[train]), reduce.transform(flat[test])
                for k in range(y.shape[1]):
                    score[:, k] = LogisticRegression(C=penalty, max_iter=500).fit(a, y[train, k]).decision_function(b)
                per_fold.append(auroc(y[test], score))
            mean = np.nanmean(per_fold, axis=0)
            best = mean if mean.mean() > best.mean() else best
    return best


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)
        self.skip = nn.Identity() if stride == 1 and inputs == outputs else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.norm2(self.two(F.relu(self.norm1(self.one(x))))) + self.skip(x))


def network(classes: int, width: int) -> nn.Module:
    """ResNet-18's shape with fewer channels."""
    layers: list[nn.Module] = [nn.Conv2d(1, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    inputs = width
    for stage in range(4):
        outputs = width * 2**stage
        layers += [Block(inputs, outputs, 1 if stage == 0 else 2), Block(outputs, outputs, 1)]
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(inputs, classes))


def jitter(x: torch.Tensor) -> torch.Tensor:
    n = len(x)
    angle, scale = 0.15 * torch.randn(n), 1 + 0.1 * torch.randn(n)
    flip = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
    c, s = torch.cos(angle) * scale, torch.sin(angle) * scale
    shift = 0.12 * torch.randn(n, 2)
    theta = torch.stack([torch.stack([flip * c, -s, shift[:, 0]], 1), torch.stack([flip * s, c, shift[:, 1]], 1)], 1)
    return F.grid_sample(x, F.affine_grid(theta, list(x.shape), align_corners=False), align_corners=False)


def cnn(x: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray, *, epochs: int, width: int, seed: int) -> np.ndarray:
    torch.manual_seed(seed)
    mean, std = x[train].mean(), x[train].std()
    a, b = (torch.from_numpy((x[part] - mean) / std)[:, None].float() for part in (train, test))
    target = torch.from_numpy(y[train])
    model = network(y.shape[1], width)
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=0.02)
    batches = len(a) // 32
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=epochs * batches)
    for _ in range(epochs):
        model.train()
        order = torch.randperm(len(a))
        for k in range(batches):
            pick = order[32 * k : 32 * k + 32]
            optimiser.zero_grad()
            F.binary_cross_entropy_with_logits(model(jitter(a[pick])), target[pick]).backward()
            optimiser.step()
            schedule.step()
    model.eval()
    with torch.no_grad():
        score = torch.stack([model(view).sigmoid() for view in (b, b.flip(3))]).mean(0)
    return auroc(y[test], score.numpy())


def show(what: str, classes: list[str], values: np.ndarray, seconds: float) -> None:
    each = "  ".join(f"{name} {value:.3f}" for name, value in zip(classes, values, strict=True))
    print(f"{what}: macro one-vs-rest AUROC {np.nanmean(values):.3f}   {each}   ({seconds:.0f} s)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cohort", choices=sorted(FIELD_MM))
    parser.add_argument("--manifest", type=Path)
    parser.add_argument("--where", nargs="*", default=[])
    parser.add_argument("--edge", type=int, default=80)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--width", type=int, default=20)
    parser.add_argument("--cnn-folds", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    manifest = arguments.manifest or cohort(arguments.cohort)
    table = rows(manifest, arguments.where)
    classes, y = targets(table)
    groups = [row["patient_id"] for row in table]
    strata = np.unique([row["label"] for row in table], return_inverse=True)[1]
    folds = list(StratifiedGroupKFold(5, shuffle=True, random_state=0).split(strata, strata, groups))
    print(f"{arguments.cohort}: {len(table)} images, {len(set(groups))} patients, {len(classes)} classes", flush=True)
    field_mm = FIELD_MM[arguments.cohort]
    for edge in (32, 64):
        start = time.time()
        values = linear(load(manifest, table, edge, field_mm), y, folds)
        show(f"linear, {edge} px, 5 folds", classes, values, time.time() - start)
    x = load(manifest, table, arguments.edge, field_mm)
    for fold, (train, test) in enumerate(folds[: arguments.cnn_folds]):
        start = time.time()
        values = cnn(x, y, train, test, epochs=arguments.epochs, width=arguments.width, seed=fold)
        show(f"CNN, {arguments.edge} px, fold {fold}, {len(train)} train, {len(test)} test", classes, values, time.time() - start)


if __name__ == "__main__":
    main()
