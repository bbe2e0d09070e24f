"""A copy of the checkout for tests of its launcher; a stand-in for uv notes what it is told to install."""

import shutil
import stat
import subprocess
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.machine.processes import ChildProcess, ChildProcesses

ROOT = Path(__file__).parents[3]
SOON = timedelta(seconds=20)
LOCKS = ("demo", "dev", "delivery", "kerberos")
#: Packages of the system with which Kerberos is built.
BUILDS = ("gcc", "libkrb5-dev", "python3-dev")
PYTHON_NAMES = ("python", "python3", "python3.11", "python3.12", "python3.13")

#: Makes environments whose programs print how they were called, then do what PROGRAM says. UV_HOLD keeps an install
#: going until it exists.
FAKE_UV = """#!/bin/sh
echo "$*" >>"$UV_CALLS"
if [ "$1" = venv ]; then
    for venv in "$@"; do :; done
    mkdir -p "$venv/bin"
    touch "$venv/pyvenv.cfg"
    for program in python exconn; do
        made=$venv/bin/$program
        printf '#!/bin/sh\\n[ "$1" = -c ] && exit 0\\necho "%s $* in $PWD"\\n%s' $program "$PROGRAM" >"$made"
        chmod +x "$made"
    done
    exit 0
fi
while [ -n "${UV_HOLD:-}" ] && [ ! -e "$UV_HOLD" ]; do sleep 0.05; done
[ -z "${UV_FAILS:-}" ] || { echo "$UV_FAILS" >&2; exit 1; }
"""
NO_PYTHON = "#!/bin/sh\nexit 127\n"
PYTHON_WITHOUT_VENV = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\n'


class Checkout:
    """A copy of what the launcher reads, with its own programs first on the search path."""

    def __init__(self, base: Path) -> None:
        self.root = base / "a checkout"
        self.programs = base / "programs"
        self.calls_file = base / "calls"
        self.elsewhere = base / "elsewhere"
        for directory in (self.root / "requirements", self.programs, self.elsewhere):
            directory.mkdir(parents=True)
        for name in ("run", "pyproject.toml", *(f"requirements/{lock}.txt" for lock in LOCKS)):
            shutil.copy(ROOT / name, self.root / name)
        self.add_program("uv", FAKE_UV)
        self.lacks()

    def lacks(self, *packages: str) -> None:
        """Have the machine lack these packages of its system."""
        for path, named in (("tests/support/system-packages", packages), ("requirements/kerberos-needs", BUILDS)):
            listed = self.root / path
            listed.parent.mkdir(parents=True, exist_ok=True)
            lines = (f"echo {package}\n" for package in packages if package in named)
            listed.write_text("#!/bin/sh\n" + "".join(lines))
            listed.chmod(0o755)

    def add_program(self, name: str, text: str) -> None:
        path = self.programs / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def remove_uv(self, python: str) -> None:
        """Leave a machine whose every Python behaves as the given script."""
        (self.programs / "uv").unlink()
        for name in PYTHON_NAMES:
            self.add_program(name, python)

    @property
    def env(self) -> dict[str, str]:
        return {"PATH": f"{self.programs}:/usr/bin:/bin", "UV_CALLS": str(self.calls_file)}

    @property
    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []

    @property
    def lock(self) -> Path:
        return self.root / ".venv.lock"

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.root / "run"), *arguments],
            env=self.env | env,
            cwd=self.elsewhere,
            capture_output=True,
            text=True,
            timeout=SOON.total_seconds(),
            check=False,
        )

    def start(self, processes: ChildProcesses, *arguments: str, **env: str) -> ChildProcess:
        command: Sequence[str] = [str(self.root / "run"), *arguments]
        return processes.start_program("run", *command, env=self.env | env)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "base")
