"""The verbs about images before anything is trained."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medimg.cli.parser import Command
from medimg.cli.screen import console
from medimg.errors import ConfigError
from medimg.words import plural

if TYPE_CHECKING:
    import pandas as pd

    from medimg.io import Manifest


def scan(command: Command) -> int:
    """medimg data scan: exit code 3 where files were refused."""
    from medimg.cli.runs import speak
    from medimg.io.scan import scan as scan_folder

    speak(command)
    out = Path(command.out or "scan")
    if out.suffix.lower() == ".csv":
        if out.name != "manifest.csv":
            raise ConfigError(f"--out {out}: a folder is needed, for manifest.csv and the tables beside it.")
        out = out.parent
    columns = [name.strip() for name in (command.columns or "").split(",") if name.strip()]
    result = scan_folder(
        command.names[0], command.labels, out=out, columns=columns, choices=command.choices, first_on_tie=command.first_on_tie,
        workers=command.workers,
    )  # fmt: skip
    code = 3 if result.flow.get("refused") else 0
    if command.json:
        files = {name: str(getattr(result, name)) for name in ("manifest", "refused", "candidates", "unmatched")}
        print(json.dumps({**files, "flow": result.flow, "said": result.said, "exit_code": code}))
        return code
    for sentence in result.said:
        print(sentence)
    print(", ".join(f"{name} {count}" for name, count in result.flow.items()))
    print(f"Manifest: {result.manifest}\nNext: medimg data check {result.manifest}")
    return code


def phantom(command: Command) -> int:
    """medimg data phantom."""
    from medimg import phantoms

    if command.n is not None and command.n < 1:
        raise ConfigError(f"--n {command.n}: at least one patient is needed.")
    manifest = phantoms.cohort(command.names[0], n=command.n, seed=command.seed, out=Path(command.out) if command.out else None)
    print(json.dumps({"manifest": str(manifest)}) if command.json else manifest)
    return 0


def whois(command: Command) -> int:
    """medimg data whois."""
    from medimg.io.identity import whois as raw_of

    found = {name: raw_of(name) for name in command.names}
    unknown = [name for name, raw in found.items() if raw is None]
    if unknown:
        raise ConfigError(
            *(f"{name} was not hashed on this machine (or not by this MEDIMG_HOME). Ask where the run was made." for name in unknown)
        )
    if command.json:
        print(json.dumps(found))
    else:
        print(*(f"{name} {raw}" for name, raw in found.items()), sep="\n")
    return 0


def check(command: Command) -> int:
    """medimg data check: what a manifest holds, how its patients are dealt, and the proof."""
    from medimg.cli.runs import speak
    from medimg.run.compose import compose

    speak(command)
    settings = compose(command.overrides, manifest=command.names[0] if command.names else None)
    from medimg.data.leaks import prove
    from medimg.recipes.parts.cohort import deal, read

    manifest = read(settings.data)
    split = deal(manifest, settings)
    proof = prove(manifest.rows, split, by=settings.data.deal_by)
    code = 3 if manifest.flow.get("refused") else 0
    told = {
        "flow": manifest.flow, "classes": _classes(manifest), "split": _parts(manifest, split), "proof": proof,
        "refused": manifest.refused.to_dict("records"), "labels_left_out": manifest.left_out, "labels_misspelt": manifest.misspelt,
        "exit_code": code,
    }  # fmt: skip
    if command.json:
        print(json.dumps(told, default=str))
        return code
    _print(told, manifest.refused)
    return code


def _classes(manifest: "Manifest") -> dict[str, dict[str, int]]:
    rows = manifest.rows.assign(one=manifest.rows["label"].str.split("|")).explode("one")
    grouped = rows[rows["one"] != ""].groupby("one", sort=False)["patient"]
    counts = {str(name): {"images": len(patients), "patients": patients.nunique()} for name, patients in grouped}
    return {name: counts.get(name, {"images": 0, "patients": 0}) for name in manifest.classes}


def _parts(manifest: "Manifest", split: "pd.DataFrame") -> list[dict[str, Any]]:
    merged = split.merge(manifest.rows[["id", "patient"]], on="id")
    counts = merged.groupby(["fold", "member", "part"]).agg(images=("id", "size"), patients=("patient", "nunique"))
    return [{str(key): value for key, value in row.items()} for row in counts.reset_index().to_dict("records")]


def _print(told: dict[str, Any], refused: "pd.DataFrame") -> None:
    flow = told["flow"]
    print(f"{plural(flow['used'], 'image')} of {plural(flow['patients'], 'patient')} can be used, of {plural(flow['found'], 'row')}.")
    for name in ("excluded", "refused", "duplicate", "unlabelled"):
        if flow.get(name):
            print(f"  {flow[name]} {name}")
    for reason, count in refused["reason"].value_counts().head(5).items():
        print(f"    {plural(count, 'row')}: {reason}")
    print("Classes: " + ", ".join(f"{name} {n['images']} ({plural(n['patients'], 'patient')})" for name, n in told["classes"].items()))
    console().print(_split_table(told["split"]))
    compared = sum(check["compared"] for check in told["proof"]["checks"])
    print(f"No leak: {len(told['proof']['checks'])} checks, {compared} comparisons. Split SHA-256 {told['proof']['split_sha256'][:16]}.")


def _split_table(parts: Sequence[dict[str, Any]]) -> Any:
    from rich.table import Table

    table = Table("Fold", "Member", "Part", title="Images (patients) of each part", title_justify="left")
    table.add_column("Images", justify="right")
    table.add_column("Patients", justify="right")
    for row in parts[:30]:
        table.add_row(*(str(row[name]) for name in ("fold", "member", "part", "images", "patients")))
    if len(parts) > 30:
        table.add_row("...", "", "", "", "")
    return table
