"""Names of a test's own: processes that are started with these variables look hosts up in a file, both ways."""

from collections.abc import Mapping
from pathlib import Path

from tests.support.machine.skip_or_fail import require

LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/local/lib")


def require_own_names() -> None:
    """Skip, or fail in CI, where names cannot be set."""
    require(_library() is not None, "library that answers for DNS (nss_wrapper)", "install the package libnss-wrapper")


def own_names(directory: Path, names: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Variables for a process. Of the names of an address the first is the one that reverse DNS gives."""
    lines = [f"{address} {name}" for address, found in names.items() for name in found]
    hosts = directory / "hosts"
    hosts.write_text("\n".join([*lines, ""]), "utf-8")
    return {"LD_PRELOAD": str(_library()), "NSS_WRAPPER_HOSTS": str(hosts)}


def _library() -> Path | None:
    found = (path for root in LIBRARIES for path in Path(root).glob("**/libnss_wrapper.so"))
    return next(found, None)
