"""Files to arrays with units, tables to checked manifests: the only place that opens patients' files."""

from medimg.io.home import cache_dir, home
from medimg.io.identity import hash_id, hash_ids, key_fingerprint, whois
from medimg.io.image import Image, read_image
from medimg.io.manifest import Manifest, read_manifest

__all__ = ["Image", "Manifest", "cache_dir", "hash_id", "hash_ids", "home", "key_fingerprint", "read_image", "read_manifest", "whois"]
