"""How every command and service ends: stable exit codes, and one line that says why a process did not start."""

import sys
from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes, the same for every command and service."""

    DONE = 0
    FAILED = 1
    BAD_INPUT = 2
    NOT_FOUND = 3
    REFUSED = 4
    HELD = 5
    UNREACHABLE = 6
    STILL_RUNNING = 7
    UNHEALTHY = 8
    NOT_AUTHENTIC = 9
    INTERRUPTED = 130


def refuse(program: str, reason: Exception | str, code: ExitCode) -> int:
    """Say on standard error, in one line, why `program` does not go on; gives back the code."""
    lines = (line.strip() for line in str(reason).splitlines())
    sys.stderr.write(f"exconn {program}: {'; '.join(line for line in lines if line)}\n")
    return int(code)
