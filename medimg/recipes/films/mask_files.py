"""The masks that films were measured with, as images: OUT/masks/<film>/<organ>.png."""

import io
import shutil
from pathlib import Path

from PIL import Image as Pillow

from medimg.io.files import write_atomically
from medimg.metrics import Flags
from medimg.recipes.films.packed import unpack
from medimg.recipes.films.store import Store


def write_masks(out: Path, store: Store) -> int:
    """Write the masks of every film of this run, 1 bit on the measured grid, and remove those of films that are gone; how many films."""
    films = [film for (film,) in store.table.execute("SELECT film FROM kept ORDER BY film")]
    for film in films:
        folder = out / "masks" / film
        folder.mkdir(parents=True, exist_ok=True)
        masks, _ = unpack(store.masks(film))
        for organ, mask in masks.items():
            write_atomically(folder / f"{organ}.png", png(mask), durable=False)
        for path in folder.glob("*.png"):
            if path.stem not in masks:
                path.unlink()
    for film in store.dropped():
        shutil.rmtree(out / "masks" / film, ignore_errors=True)
    return len(films)


def png(mask: Flags) -> bytes:
    """A mask (rows, columns) as a PNG of 1 bit: white is the organ."""
    stream = io.BytesIO()
    Pillow.fromarray(mask).save(stream, "PNG", compress_level=1)
    return stream.getvalue()
