import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional as F

from medimg.losses import balanced_weights, class_loss, mask_loss, mask_losses, outputs_of, pooled_loss, probabilities, supervised_mask_loss

KINDS = ("binary", "multiclass", "multilabel", "distribution")


def cases(kind, count=40, classes=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    classes = 2 if kind == "binary" else classes
    logits = 2 * torch.randn(count, outputs_of(kind, classes), generator=generator)
    if kind == "multilabel":
        return logits, (torch.rand(count, classes, generator=generator) < 0.4).float()
    label = F.one_hot(torch.randint(0, classes, (count,), generator=generator), classes).float()
    if kind == "distribution":
        label[::3, 0] = 1  # some of one label, some of two
    return logits, label


def test_two_classes_need_one_output_and_others_one_each():
    assert [outputs_of("binary", 2), outputs_of("multiclass", 5), outputs_of("multilabel", 3), outputs_of("distribution", 3)] == [
        1,
        5,
        3,
        3,
    ]


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_loss_is_scikit_learns_log_loss(kind):
    logits, label = cases(kind)
    expected = log_loss(label.argmax(1).numpy(), probabilities(logits, kind).numpy(), labels=list(range(label.shape[1])))
    assert float(class_loss(logits, label, kind)) == pytest.approx(expected, rel=1e-5)


def test_loss_of_several_labels_is_the_mean_over_all_of_them():
    logits, label = cases("multilabel")
    expected = np.mean([log_loss(label[:, k].numpy(), logits[:, k].sigmoid().numpy(), labels=[0, 1]) for k in range(4)])
    assert float(class_loss(logits, label, "multilabel")) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_loss_of_many_classes_is_torchs_with_the_same_smoothing(smoothing):
    logits, label = cases("multiclass")
    expected = F.cross_entropy(logits, label.argmax(1), label_smoothing=smoothing)
    torch.testing.assert_close(class_loss(logits, label, "multiclass", smoothing=smoothing), expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_weights_of_many_classes_multiply_as_in_torch(smoothing):
    logits, label = cases("multiclass")
    weight = torch.tensor([0.5, 1.0, 2.0, 4.0])
    expected = F.cross_entropy(logits, label.argmax(1), weight, reduction="none", label_smoothing=smoothing).mean()
    torch.testing.assert_close(class_loss(logits, label, "multiclass", weight, smoothing), expected)


def test_smoothing_of_two_classes_moves_both_answers_towards_a_half():
    logits, label = cases("binary")
    expected = F.binary_cross_entropy_with_logits(logits[:, 0], label[:, 1] * 0.8 + 0.1)
    torch.testing.assert_close(class_loss(logits, label, "binary", smoothing=0.2), expected)


def test_weights_of_two_classes_multiply_each_its_own_cases():
    logits, label = cases("binary")
    single = F.binary_cross_entropy_with_logits(logits[:, 0], label[:, 1], reduction="none")
    expected = (single * torch.where(label[:, 1] > 0, 3.0, 0.5)).mean()
    torch.testing.assert_close(class_loss(logits, label, "binary", torch.tensor([0.5, 3.0])), expected)


def test_weights_of_several_labels_are_torchs_positive_weights():
    logits, label = cases("multilabel")
    weight = torch.tensor([0.5, 1.0, 2.0, 4.0])
    expected = F.binary_cross_entropy_with_logits(logits, label, pos_weight=weight)
    torch.testing.assert_close(class_loss(logits, label, "multilabel", weight), expected)


def test_a_case_of_two_classes_shares_its_target_among_them():
    logits = torch.tensor([[1.0, 2.0, -1.0]])
    expected = -0.5 * (logits.log_softmax(1)[0, 0] + logits.log_softmax(1)[0, 2])
    for kind in ("multiclass", "distribution"):
        torch.testing.assert_close(class_loss(logits, torch.tensor([[1.0, 0, 1.0]]), kind), expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_loss_of_a_distribution_is_torchs_with_soft_targets(smoothing):
    logits, label = cases("distribution")
    assert set(label.sum(dim=1).tolist()) == {1.0, 2.0}
    expected = F.cross_entropy(logits, label / label.sum(dim=1, keepdim=True), label_smoothing=smoothing)
    torch.testing.assert_close(class_loss(logits, label, "distribution", smoothing=smoothing), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_logits_give_a_loss_in_full(kind):
    logits, label = cases(kind)
    assert class_loss(logits.bfloat16(), label, kind).dtype == torch.float32


@pytest.mark.parametrize("kind", KINDS)
def test_enormous_logits_give_a_finite_loss_and_gradient(kind):
    logits, label = cases(kind)
    logits = (logits * 1e4).requires_grad_()
    loss = class_loss(logits, label, kind)
    loss.backward()
    assert loss.isfinite()
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("kind", ["binary", "multiclass", "distribution"])
def test_probabilities_of_exclusive_classes_sum_to_one(kind):
    logits, _ = cases(kind)
    p = probabilities(logits, kind)
    assert p.dtype == torch.float64
    torch.testing.assert_close(p.sum(1), torch.ones(len(p), dtype=torch.float64))
    assert p.shape[1] == (2 if kind == "binary" else 4)


def test_the_second_of_two_classes_is_the_one_the_logit_speaks_for():
    assert probabilities(torch.tensor([[3.0]]), "binary")[0].tolist() == pytest.approx([1 / (1 + np.exp(3)), 1 / (1 + np.exp(-3))])


def test_probabilities_of_labels_stand_alone():
    logits, _ = cases("multilabel")
    np.testing.assert_allclose(probabilities(logits, "multilabel"), 1 / (1 + np.exp(-logits.double().numpy())), rtol=1e-12)


def test_balanced_weights_are_scikit_learns():
    label = F.one_hot(torch.tensor([0] * 70 + [1] * 20 + [2] * 10), 3).float()
    expected = compute_class_weight("balanced", classes=np.arange(3), y=label.argmax(1).numpy())
    np.testing.assert_allclose(balanced_weights(label), expected, rtol=1e-6)


def test_balanced_weights_average_one_over_the_cases():
    _, label = cases("multiclass", 200)
    assert float((label * balanced_weights(label)).sum() / label.sum()) == pytest.approx(1)


def test_a_class_without_cases_has_a_finite_weight():
    assert balanced_weights(torch.tensor([[1.0, 0], [1.0, 0]])).isfinite().all()


def by_hand(out, label, patient, kind, weight=None):
    """Half the loss of the places, half that of the patients: the weighted mean of their places' probabilities."""
    p = probabilities(out[:, :-1], kind).numpy()
    losses = []
    for name in np.unique(patient):
        rows = np.flatnonzero(patient.numpy() == name)
        share = np.exp(out[rows, -1].double().numpy())
        pooled, truth = (p[rows] * (share / share.sum())[:, None]).sum(axis=0), label[rows[0]].double().numpy()
        if (label[rows] != label[rows[0]]).any():
            continue
        scale = np.ones(len(truth)) if weight is None else weight.double().numpy()
        if kind == "multilabel":
            losses.append(-(truth * np.log(pooled) * scale + (1 - truth) * np.log(1 - pooled)).mean())
        else:
            losses.append(-(truth / truth.sum() * np.log(pooled) * scale).sum())
    return 0.5 * float(class_loss(out[:, :-1], label, kind, weight)) + 0.5 * float(np.mean(losses))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_pooled_loss_equals_probabilities_pooled_by_hand(kind, weighted):
    generator = torch.Generator().manual_seed(0)
    classes = 2 if kind == "binary" else 3
    patient = torch.tensor([0, 0, 0, 1, 2, 2])
    out = torch.randn(6, (1 if kind == "binary" else classes) + 1, generator=generator) * 2
    label = torch.eye(classes)[torch.tensor([0, 0, 0, 1, 1, 0])]
    if kind == "distribution":
        label[:3, 2] = 1  # the first patient shows two
    weight = torch.arange(1.0, classes + 1) if weighted else None
    assert float(pooled_loss(out, label, patient, kind, weight)) == pytest.approx(by_hand(out, label, patient, kind, weight), rel=1e-5)


def test_a_patient_of_several_answers_counts_by_its_places_alone():
    out, label = torch.tensor([[1.0, 0.3], [-1.0, 2.0]]), torch.eye(2)
    assert float(pooled_loss(out, label, torch.tensor([0, 0]), "binary")) == pytest.approx(
        float(class_loss(out[:, :1], label, "binary")) / 2
    )


def test_pooled_loss_of_very_sure_logits_is_finite():
    out = torch.tensor([[500.0, 0.0], [500.0, 80.0]], requires_grad=True)
    loss = pooled_loss(out, torch.eye(2)[[0, 0]], torch.tensor([0, 0]), "binary")
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(out.grad).all()


def organs(count=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(count, 2, 6, 5, generator=generator)
    return (
        logits,
        (torch.rand(count, 2, 6, 5, generator=generator) < 0.4).float(),
        torch.tensor([[True, True], [True, False], [False, True]]),
    )


def by_numpy(logits, mask, known, dice=0.5):
    """The loss of masks, film by film and organ by organ."""
    found = []
    for n, k in np.argwhere(known.numpy()):
        p, y = 1 / (1 + np.exp(-logits[n, k].double().numpy())), mask[n, k].double().numpy()
        entropy = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
        found.append((1 - dice) * entropy + dice * (1 - (2 * (p * y).sum() + 1) / (p.sum() + y.sum() + 1)))
    return np.mean(found)


@pytest.mark.parametrize("dice", [0.0, 0.5, 1.0])
def test_loss_of_masks_is_that_of_numpy(dice):
    logits, mask, known = organs()
    assert float(mask_losses(logits, mask, dice)[known].mean()) == pytest.approx(by_numpy(*organs(), dice), rel=1e-5)
    assert float(mask_loss(*organs())) == pytest.approx(by_numpy(*organs()), rel=1e-5)


def test_an_organ_of_three_times_the_weight_counts_three_times():
    logits, mask, known = organs()
    first, second = (by_numpy(logits[:, [k]], mask[:, [k]], known[:, [k]]) for k in (0, 1))
    found = mask_loss(logits, mask, known, torch.tensor([3.0, 1.0]))
    assert float(found) == pytest.approx((3 * first + second) / 4, rel=1e-5)  # each organ is known on two films
    assert torch.equal(mask_loss(logits, mask, known, torch.ones(2)), mask_loss(logits, mask, known))
    assert torch.equal(supervised_mask_loss(logits, mask, known, torch.tensor([3.0, 1.0])), found)


def test_masks_that_are_not_known_have_no_loss_and_no_gradient():
    logits, mask, known = organs()
    logits.requires_grad_()
    loss = mask_loss(logits, mask, known)
    loss.backward()
    assert (logits.grad[~known] == 0).all()
    assert (logits.grad[known] != 0).any()
    other = torch.where(known[:, :, None, None], mask, 1 - mask)
    assert torch.equal(mask_loss(logits, other, known), loss)


def test_where_nothing_is_known_there_is_no_loss():
    logits, mask, known = organs()
    assert float(mask_loss(logits, mask, known & False)) == 0


def test_enormous_logits_of_masks_give_a_finite_loss_and_gradient():
    logits, mask, known = organs()
    logits = (logits * 1e4).requires_grad_()
    loss = mask_loss(logits, mask, known)
    loss.backward()
    assert loss.isfinite()
    assert logits.grad.isfinite().all()


def test_deep_supervision_weighs_each_smaller_answer_half():
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., :4, :] = 1
    known = torch.tensor([[True]])
    answers = [torch.randn(1, 1, size, size, generator=torch.Generator().manual_seed(size)) for size in (8, 4, 2)]
    small = [mask, mask[..., ::2, ::2], mask[..., ::4, ::4]]
    losses = [float(mask_loss(one, true, known)) for one, true in zip(answers, small, strict=True)]
    assert float(supervised_mask_loss(answers, mask, known)) == pytest.approx((losses[0] + losses[1] / 2 + losses[2] / 4) / 1.75)
    assert torch.equal(supervised_mask_loss(answers[0], mask, known), mask_loss(answers[0], mask, known))
