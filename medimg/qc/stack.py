"""The files of a rule set, each read once and after all that it extends."""

from dataclasses import dataclass, field
from pathlib import Path

from medimg.qc.layers import Layer, read_layer
from medimg.validate import did_you_mean


@dataclass
class Stack:
    """The files of a rule set from the bottom up: path, name and layer of each, and the files each one rests on.

    `whole` until a file is missing or cannot be read: what rests on it would be called wrong for nothing.
    """

    folder: Path
    faults: list[str]
    layers: dict[Path, Layer] = field(default_factory=dict)
    below: dict[Path, set[Path]] = field(default_factory=dict)
    whole: bool = True

    def add(self, source: str, home: Path, told: str, open_files: tuple[Path, ...] = ()) -> Path | None:
        """Read a file after all that it extends; `told` says who asked for it. A built-in set is named without folder and ending."""
        path = home / source if source.endswith((".yaml", ".yml")) else self.folder / f"{source}.yaml"
        path = path.resolve()
        if path in open_files:
            self.faults.append(f"{told}: '{source}' extends itself. Take one of the two 'extends' out.")
        elif not path.is_file():
            self.whole = False
            known = sorted(file.stem for file in self.folder.glob("*.yaml"))
            listed = f"there is no rule set '{source}'.{did_you_mean(source, known)} There is: {', '.join(known)}, or a .yaml file."
            own = source.endswith((".yaml", ".yml"))
            self.faults.append(f"{told}: {f'there is no file {path}. Check the path.' if own else listed}")
        elif path in self.layers:
            return path
        else:
            name = path.name if path.parent == self.folder.resolve() else source
            layer = read_layer(path, name, self.faults)
            self.whole &= bool(layer.values)
            self.below[path] = self._bases(layer, path, open_files)
            self.layers[path] = layer
            return path
        return None

    def _bases(self, layer: Layer, path: Path, open_files: tuple[Path, ...]) -> set[Path]:
        named = layer.values.get("extends", [])
        if not isinstance(named, list | str):
            self.faults.append(f"{layer.place(('extends',))}: extends needs a list of rule sets, as [chest].")
            return set()
        found = [
            self.add(str(one), path.parent, str(layer.place(("extends", place))), (*open_files, path))
            for place, one in enumerate([named] if isinstance(named, str) else named)
        ]
        return set().union(*({base, *self.below[base]} for base in found if base is not None and base in self.below))
