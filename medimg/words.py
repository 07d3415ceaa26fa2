"""The words for measures, counts and labels: the same on the terminal, in tables and in reports."""

METRICS = {
    "auroc": "AUROC", "auprc": "AUPRC", "accuracy": "Accuracy", "balanced_accuracy": "Balanced accuracy", "sensitivity": "Sensitivity",
    "specificity": "Specificity", "precision": "Precision (PPV)", "npv": "NPV", "f1": "F1", "kappa": "Cohen's kappa", "mcc": "MCC",
    "brier": "Brier score", "ece": "Calibration error (ECE)", "exact_match": "Exact match", "no_decision": "No decision",
    "log_loss": "Log loss", "mean_dice": "Mean Dice of organs", "dice": "Dice",
    "auroc_within_patients": "AUROC within patients", "hamming_loss": "Hamming loss", "top1": "Accuracy, most likely class",
}  # fmt: skip
AGGREGATES = {"mean_over_folds": "mean over folds", "pooled": "all folds pooled", "single": "one split"}


def plural(amount: int, noun: str) -> str:
    """A count and its noun, with a comma between thousands.

    >>> plural(1, "patient"), plural(1200, "image")
    ('1 patient', '1,200 images')
    """
    return f"{amount:,} {noun}{'s' * (amount != 1)}"


def spaced(name: str) -> str:
    """A class or set of labels for reading.

    >>> spaced("reduced_uptake|goitre")
    'reduced uptake + goitre'
    """
    return name.replace("_", " ").replace("|", " + ")


def metric_name(metric: str) -> str:
    """The name a reader knows: auroc -> AUROC."""
    return METRICS.get(metric, metric.replace("_", " ").capitalize())
