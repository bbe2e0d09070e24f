"""Running the command line as people do."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.machine.processes import INHERITED


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class CommandLine:
    """Runs `exconn` in a folder of its own."""

    folder: Path
    within_seconds: float = 60

    def command(self, *words: str, module: str = "exconn.cli") -> tuple[list[str], dict[str, Any]]:
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        env = inherited | {"COLUMNS": "80", "HOME": str(self.folder)}
        return [sys.executable, "-m", module, *words], {"env": env, "cwd": self.folder}

    def __call__(self, *words: str, typed: str | None = None, env: dict[str, str] | None = None) -> Ran:
        return self._run(self.command(*words), typed, env)

    def run_module(self, module: str, *, env: dict[str, str] | None = None) -> Ran:
        """Another program of ours, in the same folder."""
        return self._run(self.command(module=module), None, env)

    def _run(self, made: tuple[list[str], dict[str, Any]], typed: str | None, env: dict[str, str] | None) -> Ran:
        command, how = made
        how["env"] |= env or {}
        done = subprocess.run(
            command, input=typed or "", text=True, capture_output=True, timeout=self.within_seconds, **how
        )
        return Ran(done.returncode, done.stdout, done.stderr)
