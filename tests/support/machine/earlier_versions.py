"""Earlier versions of this project, taken from its own history, so that their processes run beside those of this one.

An earlier version runs with the packages that are installed here: what differs is the project's own code.
"""

import io
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from exconn.contracts import KINDS, Kind
from exconn.signing import new_signing_key, registry_text
from exconn.signing.registry_text import WIDE_OPEN
from tests.support.machine.skip_or_fail import require
from tests.support.requests.signed import DEPLOYMENT, request_of

ROOT = Path(__file__).parents[3]
#: What processes of several versions share: the scripts of the ledger, payloads, messages, keys, doorbells.
SHARED = tuple(f"shared/exconn/{name}" for name in ("contracts", "doorbell", "keyspace", "ledger", "stream"))
SOURCES = ("shared", "services")
#: Jobs of a version that runs beside this one lie where this one's do.
_KEYS, _DUE = "shared/exconn/keyspace/keys.py", "def due(service: str, connector: str)"
#: Prints the number of its wipes' payload, if it reads a request and a registry of this version.
_READ = """
import sys
from pathlib import Path
from exconn.contracts import KINDS, Kind, Request
from exconn.signing import RegistryFile
Request.model_validate_json(sys.argv[1])
RegistryFile(Path(sys.argv[2])).current()
print(KINDS[Kind.WIPE].format)
"""
#: Where the upgrade page says what follows from it.
STOPPED = "Versions that do not run side by side"
REMEDY = "get the history of this clone with `git fetch --deepen 50`"


@dataclass(frozen=True)
class Version:
    """The code of a commit, laid out in a folder of its own; no folder is the code of this checkout."""

    name: str
    folder: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process run this version: its folders come before those of the installed checkout."""
        folders = [] if self.folder is None else [str(self.folder / source) for source in SOURCES]
        return {"PYTHONPATH": ":".join(folders)}


THIS = Version("this")


def commit_before() -> str:
    """The commit before this one. Skips, or in CI fails, the calling test where the clone does not have it."""
    found = _git("rev-parse", "--quiet", "--verify", "HEAD~1^{commit}")
    require(found is not None, "commit before this one", REMEDY)
    return str(found)


def commit_with_other_contracts() -> str | None:
    """The newest commit in which what versions share was different from what it is at this one; None when it was not,
    or when the clone's history does not reach back that far."""
    changed = _git("rev-list", "--max-count=1", "HEAD", "--", *SHARED)
    return _git("rev-parse", "--quiet", "--verify", f"{changed}~1^{{commit}}") if changed else None


def commit_without(path: str) -> str:
    """The commit before the one that brought a file in. Skips, or in CI fails, the test where history lacks it."""
    added = _git("log", "--format=%H", "--diff-filter=A", "--max-count=1", "HEAD", "--", path)
    found = _git("rev-parse", "--quiet", "--verify", f"{added}~1^{{commit}}") if added else None
    require(found is not None, f"a commit without {path}", REMEDY)
    return str(found)


def laid_out(commit: str, place: Path) -> Version:
    """The code of a commit, in a folder below `place`."""
    folder = place / commit[:12]
    packed = subprocess.run([*_command(), "archive", commit, *SOURCES], check=True, capture_output=True, timeout=60)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    version = Version(commit[:12], folder)
    _refuse_mixture(version)
    return version


def earlier_versions(place: Path) -> list[Version]:
    """The version before this one, and the newest one with which this one shares less than everything.

    Skips the calling test when neither may run beside this one.
    """
    commits = dict.fromkeys(filter(None, (commit_before(), commit_with_other_contracts())))
    found = [version for version in (laid_out(commit, place) for commit in commits) if runs_beside(version, place)]
    if not found:
        pytest.skip(f"none before this one does; see {STOPPED!r} in docs/howto/upgrade.md")
    return found


def runs_beside(version: Version, place: Path) -> bool:
    """Whether its processes may work on one ledger with those of this version: whether they read what this one writes.

    `place` is a folder for a registry to read.
    """
    if _DUE not in ((version.folder or ROOT) / _KEYS).read_text(encoding="utf-8"):
        return False
    registry = place / "requesters.toml"
    registry.write_text(
        registry_text({"operator": new_signing_key().public_text}, deployment=DEPLOYMENT, bounds=WIDE_OPEN), "utf-8"
    )
    request = request_of(requester="operator").model_dump_json()
    asked = [sys.executable, "-c", _READ, request, str(registry)]
    told = subprocess.run(asked, env=version.environment, capture_output=True, text=True, timeout=60, check=False)
    return told.returncode == 0 and int(told.stdout) == KINDS[Kind.WIPE].format


def _refuse_mixture(version: Version) -> None:
    """Raise RuntimeError when a process with the version's environment would run other code."""
    names = ("ledger.ledger", "actions.app", "discovery.app", "coordinator.app", "intake.app")
    asked = "; ".join(f"import exconn.{name} as m; print(m.__file__)" for name in names)
    told = subprocess.run(
        [sys.executable, "-c", asked], env=version.environment, check=True, capture_output=True, text=True, timeout=60
    )
    elsewhere = [path for path in told.stdout.split() if not path.startswith(f"{version.folder}/")]
    if elsewhere or len(told.stdout.split()) != len(names):
        raise RuntimeError(f"version {version.name} would run {elsewhere}")


def _command() -> list[str]:
    # A checkout that belongs to somebody else, as in a container, is read and never written.
    return ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT)]


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run([*_command(), *arguments], capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
