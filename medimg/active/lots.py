"""Drawing lots: every draw belongs to an item's own token, so it depends on no order, shard or worker."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint64]

BITS = 52  # of a uniform draw, so that (n + 0.5) / 2^52 is exact and never 0 or 1


@dataclass(frozen=True)
class Lots:
    """The draws of one round of one project: the same three words, the same draws."""

    seed: int
    round: int = 0
    project: str = ""

    def codes(self, tokens: Iterable[str]) -> Codes:
        """Give each token its number: -> (N,) 64-bit hashes of project, seed, round and token."""
        key = blake2b(repr((self.project, self.seed, self.round)).encode()).digest()[:16]
        return _numbers(b"".join([blake2b(key + token.encode(), digest_size=8).digest() for token in tokens]))

    def again(self, codes: Codes, purpose: str) -> Codes:
        """Shuffle codes for another purpose: (N,) -> (N,), as good as new hashes (the finaliser of splitmix64)."""
        mixed = codes ^ _numbers(blake2b(purpose.encode(), digest_size=8).digest())
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))

    def uniform(self, codes: Codes, purpose: str) -> NDArray[np.float64]:
        """Draw one number per code, above 0 and below 1."""
        return ((self.again(codes, purpose) >> np.uint64(64 - BITS)).astype(float) + 0.5) / 2.0**BITS

    def steps(self, count: int, purpose: str) -> NDArray[np.float64]:
        """Draw one number, above 0 and below 1, for each of `count` steps that belong to no item."""
        return self.uniform(self.codes(map(str, range(count))), purpose)


def _numbers(digests: bytes) -> Codes:
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)
