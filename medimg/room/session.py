"""A project worked on: page open for its readers, rounds trained beside it, until the work is done or waits for somebody."""

import sys
import time
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from medimg.io.image import Image, read_image
from medimg.room.lock import Hold
from medimg.room.project import Project
from medimg.room.store import Item
from medimg.room.waiting import by_import, waiting, write_waiting
from medimg.words import plural

LOOK_SECONDS = 0.25
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Where:
    """Where the page listens, and whether this machine's browser opens it."""

    port: int = 0
    address: str = "127.0.0.1"
    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    browser: bool = True


@dataclass
class Session:
    """One command's work on a project; `once`: end when one round was trained."""

    project: Project
    tell: Tell
    once: bool = False
    _seen: int = field(default=-1, init=False)
    _quiet: float = field(default=0.0, init=False)
    _open: bool = field(default=True, init=False)
    _imported: Set[str] = field(default=frozenset(), init=False)

    def with_page(self, where: Where, hold: Hold) -> list[str]:
        """Serve the page and do step after step; returns the stop rules that recommend to end."""
        self._until_asked()
        with served(self.project, where, self.tell) as url:
            hold.tell(url)
            return self._work(self._answered)

    def without_page(self) -> list[str]:
        """Do step after step until the stop rules recommend to end (these are returned) or answers are waited for.

        What waits stands in proposals.csv of the round, spare images in the place of skipped ones too.
        """
        found, now = self._work(lambda: not waiting(self.project.store), wait=False), self.project.now
        if now and now.state == "labelling":
            write_waiting(self.project.store, self.project.folder.round(now.round.number).proposals)
        return found

    def close(self) -> list[str]:
        """Close the open round as it is, train it, and end."""
        self.project.close()
        self.once = True
        return self._work(lambda: True, wait=False)

    def _until_asked(self) -> None:
        """Propose the first batch before there is a page to show it on."""
        if self.project.now is None:
            self.tell("choosing the first images ...")
            self.project.step()

    def _work(self, answered: Callable[[], bool], *, wait: bool = True) -> list[str]:
        while True:
            now = self.project.now
            if now and now.state == "labelling" and not answered():
                if not wait:
                    return []
                time.sleep(LOOK_SECONDS)
                continue
            if now and now.state == "closed":
                stays = "; the page stays open" if wait else ""
                self.tell(f"round {now.round.number}: training on {now.details['closed']['labels']} labels{stays} ...")
            state, self._seen = self.project.step(), -1
            if state == "scored" and (found := self._told()) is not None:
                return found

    def _told(self) -> list[str] | None:
        """Say what came of a round; the reasons to end here, None to go on."""
        now = self.project.now
        assert now is not None
        trained, stop = now.details["trained"], list(now.details["scored"]["stop"])
        score = "".join(f", AUROC {trained[part]['auroc']:.3f} on {part}" for part in ("val", "test") if "auroc" in trained[part])
        self.tell(f"round {now.round.number}: {plural(trained['labels'], 'label')} of {plural(trained['patients'], 'patient')}{score}")
        return stop if stop or self.once else None

    def _answered(self) -> bool:
        """Whether all is answered and nobody has written anything for the time that a last answer may be taken back in."""
        if self._seen < 0:
            self._imported = by_import(self.project.store)
        new = self.project.store.events(after=max(self._seen, 0))
        if len(new) or self._seen < 0:
            self._seen, self._quiet = int(new["seq"].max()) if len(new) else max(self._seen, 0), time.monotonic()
            self._open = bool(waiting(self.project.store, self._imported))
        return not self._open and time.monotonic() - self._quiet >= self.project.settings.active.reading.grace_seconds


@contextmanager
def served(project: Project, where: Where, tell: Tell) -> Iterator[str]:
    """Open the page for the project's readers, with a link for each; its address."""
    from medimg.room.serve.run import Bind, opened, show
    from medimg.room.serve.settings import RoomSettings

    page, reading = project.settings.active.page, project.settings.active.reading
    names = [reader.name for reader in project.readers]
    if others := [name for name in waiting(project.store) if name not in names]:
        tell(f"this round was shared out before, and also waits for {', '.join(others)}")
        names += others
    if reading.adjudicator:
        names.append(project.store.add_reader(reading.adjudicator, "adjudicator").name)
    label = project.settings.data.label
    settings = RoomSettings(
        classes=tuple(project.store.meta.classes), keys=page.keys, show_model=page.show_model, bias_accepted=page.accept_bias,
        confidence=page.confidence, context=page.context, language=page.language, question="" if label in (None, "label") else label,
        unit=project.settings.active.unit, seed=project.settings.active.query_seed,
    )  # fmt: skip
    bind = Bind(where.address, where.port, where.names, where.certificate, where.key)

    def announce(name: str, link: str) -> None:
        tell(f"a new link for {name}: {link}")

    with opened(project.store, reader_of(project), settings, bind, announce=announce) as room:
        links = {name: room.link(name) for name in names}
        for name, link in links.items():
            tell(f"{name} reads here (the link works once): {link}")
        if where.browser and sys.stderr.isatty():
            show([links[names[0]]], project.folder.active)
        yield room.origin


def reader_of(project: Project) -> Callable[[Item], Image]:
    """Read the image of an item from its file, where the manifest says it lies now."""
    rows = project.images.cohort.rows
    places = dict(zip(rows["id"], zip(rows["path"], rows["frame"], strict=True), strict=True))

    def read(item: Item) -> Image:
        path, frame = places.get(item.id, (item.path, item.frame))
        return read_image(path, int(frame) if frame >= 0 else None, name=item.token)

    return read
