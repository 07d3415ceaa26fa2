"""Settings that do not fit networks that outline organs of chest films (recipe=chest_qc)."""

from collections.abc import Iterator

from medimg.settings import Settings

FAMILIES = ("ChestPAQC_", "Chest2ViewQC_")
WHOLE = 64  # sides of films that chest networks learn on are multiples of it: blocks of 4 px, halved four times
OWN = ("view.", "randomise.", "evaluate.mirror")
IDLE = (
    "augment.", "model.", "active.", "generate.", "phases.", "decision", "data.classes", "data.multilabel", "data.normalise",
    "task.class_weights", "task.sampling", "task.label_smoothing", "evaluate.against",
)  # fmt: skip


def outlining(settings: Settings, given: set[str]) -> Iterator[str]:
    """What does not fit together; `given` are the dotted keys that the user typed."""
    data, view = settings.data, settings.view
    chest = settings.recipe == "chest_qc"
    idle = sorted(key for key in given - {"model.name", "model.weights"} if key.startswith(IDLE if chest else OWN))
    if idle:
        yield f"{', '.join(idle)}: {'not used by' if chest else 'only for'} recipe=chest_qc. Leave it out."
    if not chest:
        return
    if not (view.films and view.organs):
        yield "view is not given: which films, and which organs on them? Give view=pa or view=lateral."
    if data.fuse or data.crop != "none" or data.field_mm is not None:
        yield "recipe=chest_qc outlines whole films one by one: leave data.fuse, data.crop and data.field_mm out."
    if settings.model.name.startswith(FAMILIES) and data.size % WHOLE:
        near = max(WHOLE, round(data.size / WHOLE) * WHOLE)
        yield f"data.size={data.size}: {settings.model.name} learns on sides that are multiples of {WHOLE}. Set data.size={near}."
    if settings.model.weights == "imagenet":
        yield "model.weights=imagenet: recipe=chest_qc starts from a run of its own. Name such a run, or leave it out."
    if settings.evaluate.mirror and not settings.randomise.mirror:
        yield "evaluate.mirror=true asks about mirrored films, and the network learned none. Set randomise.mirror=true too, or leave it."
