"""A Merkle tree over a list that only grows, hashed as RFC 6962 says: its root needs a few hashes, not the list."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

_LEAF, _NODE = b"\x00", b"\x01"
#: The length of a hash in bytes.
HASH_BYTES = 32


def leaf_hash(content: bytes) -> bytes:
    """The hash of one element."""
    return sha256(_LEAF + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees."""
    return sha256(_NODE + left + right).digest()


class Frontier:
    """The roots of the complete subtrees of a list, the largest first: enough to append, and for the root."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size.bit_count() != len(peaks):
            raise ValueError(f"a tree over {size} elements has {size.bit_count()} complete subtrees, not {len(peaks)}")
        self.size = size
        self.peaks = list(peaks)

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next element."""
        self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add the hashes of the next elements, level by level: many at a time cost less than one by one."""
        peaks, nodes, made = self.peaks, list(leaves), []
        added, complete = len(nodes), self.size
        while nodes:
            if complete & 1:
                nodes.insert(0, peaks.pop())
            if len(nodes) & 1:
                made.append(nodes.pop())
            nodes = [sha256(_NODE + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=True)]
            complete >>= 1
        self.peaks = peaks + made[::-1]
        self.size += added

    def root(self) -> bytes:
        """The root over all elements so far."""
        if not self.peaks:
            return sha256(b"").digest()
        *rest, root = self.peaks
        for peak in reversed(rest):
            root = node_hash(peak, root)
        return root
