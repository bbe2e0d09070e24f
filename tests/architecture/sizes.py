"""How long the files of the packages are, taken together: most are read on one screen or two."""

import statistics
from collections.abc import Iterator

from tests.architecture.source_tree import SourceTree

MEDIAN = 90
#: Nine in ten are no longer.
LONG = 250


def broken_promises(tree: SourceTree) -> Iterator[str]:
    """What the lengths of all Python files of the packages say against the two promises."""
    lengths = {str(module.path): len(module.source.splitlines()) for module in tree.modules}
    median = statistics.median(lengths.values())
    if median > MEDIAN:
        yield f"half of the files have more than {median:g} lines; the promise is {MEDIAN}"
    long = sorted(path for path, lines in lengths.items() if lines > LONG)
    if len(long) * 10 > len(lengths):
        yield f"{len(long)} of {len(lengths)} files have more than {LONG} lines: {', '.join(long)}"
