"""A process of the opponent's environment that publishes when it is told to."""

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path


class Producer:
    """It publishes what each line of its input says, and answers with one line."""

    def __init__(self, command: Sequence[str], *, environment: Mapping[str, str], directory: Path) -> None:
        self._process = subprocess.Popen(
            list(command),
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, line: str) -> str:
        """Its answer. An error when it has ended."""
        told, answers = self._process.stdin, self._process.stdout
        if told is None or answers is None:
            raise RuntimeError("the producer has no pipes")
        told.write(f"{line}\n")
        told.flush()
        answer = answers.readline().strip()
        if not answer:
            raise RuntimeError(f"the producer ended ({self._process.wait(10)}) without an answer to {line!r}")
        return answer

    def close(self) -> None:
        """End it."""
        end(self._process)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


def end(process: "subprocess.Popen[str] | subprocess.Popen[bytes]") -> None:
    """SIGTERM, and SIGKILL to what does not mind it."""
    process.terminate()
    try:
        process.wait(40)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
