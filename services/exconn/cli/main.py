"""`exconn`: one noun after the other, errors in one line with the next command to type, never a traceback."""

import os
import sys
from importlib import import_module
from typing import Any

import typer

from exconn.cli.command_errors import CommandError, Ended, ExitCode
from exconn.cli.session import CommandSession

#: Noun or single verb -> its module. Only what is typed is loaded; help loads them all.
NOUNS = {
    "init": "exconn.cli.init",
    "status": "exconn.cli.status",
    "version": "exconn.cli.version",
    "demo": "exconn.cli.demo",
    "run": "exconn.cli.run",
    "env": "exconn.cli.env",
    "doctor": "exconn.cli.doctor",
    "connector": "exconn.cli.connector",
    "sweeps": "exconn.cli.sweeps",
    "devices": "exconn.cli.devices",
    "actions": "exconn.cli.actions",
    "policy": "exconn.cli.policy",
    "jobs": "exconn.cli.jobs",
    "messages": "exconn.cli.messages",
    "audit": "exconn.cli.audit",
    "brakes": "exconn.cli.brakes",
    "problems": "exconn.cli.problems",
    "requesters": "exconn.cli.requesters",
    "deadletters": "exconn.cli.deadletters",
}

_ABOUT = """\
Find, govern and wipe the mobile devices that reach Exchange through ActiveSync.

--context FILE, --json and --quiet may stand anywhere.

Exit codes: 0 done, 1 failed, 2 bad input, 3 not found, 4 refused, 5 held,
6 unreachable, 7 still running, 8 unhealthy or drift, 9 answer not from your
intake, 130 interrupted.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        return _run(given)
    except CommandError as exc:
        return _fail(exc.code, exc.text, exc.remedy)
    except Ended as exc:
        return int(exc.code)
    except typer.TyperException as exc:
        return _mistyped(exc, given)
    except (KeyboardInterrupt, typer.Abort):
        return _fail(ExitCode.INTERRUPTED, "interrupted", "what was asked for goes on: exconn jobs list")
    except BrokenPipeError:
        # The reader has seen enough (head, less); nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.DONE)
    except Exception as exc:  # noqa: BLE001  (the entry point: a person gets a line, not a traceback)
        return _fail(ExitCode.FAILED, f"unexpected {type(exc).__name__}: {exc}", "report it with the command you typed")


def application(typed: str) -> typer.Typer:
    """The commands, limited to the noun that was typed when there is one of that name."""
    app = typer.Typer(name="exconn", help=_ABOUT, add_completion=False, no_args_is_help=True, rich_markup_mode="rich")
    app.callback()(_flags)
    for noun in [typed] if typed in NOUNS else NOUNS:
        import_module(NOUNS[noun]).register(app)
    return app


def _flags(
    context: typer.Context,
    context_file: str | None = typer.Option(None, "--context", metavar="FILE", help="Context file to use."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON value."),
    quiet: bool = typer.Option(False, "--quiet", "-q", help="Print names only."),
) -> None:
    context.obj = CommandSession(context_file, as_json, quiet)


def _run(given: list[str]) -> int:
    flags, words = flags_apart(given)
    app = application(words[0] if words else "")
    code = app(flags + words, prog_name="exconn", standalone_mode=False)
    return code if isinstance(code, int) else int(ExitCode.DONE)


def flags_apart(given: list[str]) -> tuple[list[str], list[str]]:
    """The flags that may stand anywhere, and the other words."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(given)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in ("--json", "--quiet", "-q") or word.startswith("--context="):
            front.append(word)
        elif word == "--context":
            front += [word, *[value for value in [next(words, None)] if value is not None]]
        else:
            rest.append(word)
    return front, rest


def _help_of(given: list[str]) -> str:
    """How to see the help of the command that was meant, as far as its words are known."""
    words = flags_apart(given)[1]
    if not words or words[0] not in NOUNS:
        return "see exconn --help"
    path: list[str] = []
    known: Any = typer.main.get_command(application(words[0]))
    for word in words:
        known = getattr(known, "commands", {}).get(word)
        if known is None:
            break
        path.append(word)
    return f"see exconn {' '.join(path)} --help"


def _mistyped(exc: typer.TyperException, given: list[str]) -> int:
    text = exc.format_message().rstrip(".")
    if not text:  # help was shown, because nothing was asked for
        return int(ExitCode.BAD_INPUT)
    return _fail(ExitCode.BAD_INPUT, text, _help_of(given))


def _fail(code: ExitCode, text: str, remedy: str) -> int:
    sys.stdout.flush()
    # What lists several things has the next step in a line of its own.
    between = "\nexconn: " if "\n" in text else "; "
    sys.stderr.write(f"exconn: {text}{between}{remedy}\n" if remedy else f"exconn: {text}\n")
    return int(code)
