"""Files to arrays with units, tables to checked manifests: the only place that opens patients' files.

`scan` lies in `medimg.io.scan`.
"""

from typing import TYPE_CHECKING, Any

from medimg.io.home import cache_dir, home
from medimg.io.identity import hash_id, hash_ids, key_fingerprint, whois
from medimg.io.image import Image, read_image

if TYPE_CHECKING:
    from medimg.io.manifest import Manifest, read_manifest

__all__ = ["Image", "Manifest", "cache_dir", "hash_id", "hash_ids", "home", "key_fingerprint", "read_image", "read_manifest", "whois"]


def __getattr__(name: str) -> Any:
    """Tables need pandas; child processes that only decode pictures start in half the time without it."""
    if name in ("Manifest", "read_manifest"):
        from medimg.io import manifest

        return getattr(manifest, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
