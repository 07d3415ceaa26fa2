"""What kind of file system a path lies on."""

from pathlib import Path

NETWORK = ("nfs", "cifs", "smb", "fuse", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs", "glusterfs", "ncpfs")
MOUNTS = Path("/proc/self/mountinfo")


def file_system(path: Path, mounts: str | None = None) -> str:
    """Name the file system of a path (ext4, nfs4 ...), "" where the machine does not tell; `mounts`: text in the form of mountinfo."""
    try:
        text = MOUNTS.read_text(encoding="utf-8", errors="replace") if mounts is None else mounts
    except OSError:
        return ""
    place, best, kind = Path(path).absolute().resolve(), -1, ""
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        words = before.split()
        if len(words) < 5 or not after:
            continue
        point = Path(words[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        if place.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split()[0]
    return kind


def is_network(path: Path) -> bool:
    """Whether a path lies where processes of several machines may meet, and shared memory and locks cannot be trusted."""
    return file_system(path).startswith(NETWORK)
