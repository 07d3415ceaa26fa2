"""A film and what was found about it -> files of DICOM objects in the film's study, each in a series of its own."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pydicom.dataset import Dataset

from medimg.errors import ConfigError
from medimg.io.files import write_atomically
from medimg.io.objects.film_result import FilmResult
from medimg.io.objects.source import read_source

KINDS = ("sr", "seg", "ko", "pr")


def write_objects(source: Path, result: FilmResult, folder: Path, kinds: Iterable[str] = KINDS) -> list[Path]:
    """Write `<film>-<kind>.dcm` for each kind that there is something to say in: sr, seg, ko (films that fail), pr (films with marks).

    `source`: the film's file, of which only the header is read. An object of an earlier run of the same film that no longer holds is
    removed. Files and folder are for their owner only, as they carry the patient's name. Raises ConfigError for an unknown kind or
    without highdicom, UnreadableImage for a film that cannot be referred to.
    """
    chosen = list(dict.fromkeys(kinds))
    if unknown := [kind for kind in chosen if kind not in KINDS]:
        raise ConfigError(f"no DICOM object is called {', '.join(unknown)}. Choose of: {', '.join(KINDS)}.")
    make = makers()
    header = read_source(source, name=f"film {result.film}")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = []
    for kind in chosen:
        path = folder / f"{result.film}-{kind}.dcm"
        made = make[kind](header, result)
        if made is None:
            path.unlink(missing_ok=True)
            continue
        _save(made, path)
        written.append(path)
    return written


def _save(made: Dataset, path: Path) -> None:
    write_atomically(path, lambda file: made.save_as(file, enforce_file_format=True), mode=0o600)


def makers() -> Mapping[str, Callable[[Dataset, FilmResult], Dataset | None]]:
    """What makes each kind of object. Raises ConfigError without highdicom."""
    try:
        from medimg.io.objects.key_object import key_object_of
        from medimg.io.objects.masks import segmentation_of
        from medimg.io.objects.presentation import presentation_of
        from medimg.io.objects.report import report_of
    except ModuleNotFoundError as fault:
        raise ConfigError(f"DICOM objects need {str(fault.name).partition('.')[0]}: pip install 'medimg[dicom]'.") from None
    return {"sr": report_of, "seg": segmentation_of, "ko": key_object_of, "pr": presentation_of}
