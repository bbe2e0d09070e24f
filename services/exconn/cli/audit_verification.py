"""Verifying an audit log line by line, with keys and second places that were named, or are the context's."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exconn.audit import Anchors, AuditReport, Checkpoint, Entry, Private, Verifier
from exconn.audit.anchors import AnchorError, checkpoint_of, read_anchors, read_syslog
from exconn.cli.audit_source import CHECKPOINT, ELEMENTS, ENTRY, FORGED, Line
from exconn.cli.command_errors import CommandError, ExitCode, bad_input
from exconn.cli.context import Context
from exconn.signing.keyfile import key_id, parse_public_key


def verified(
    lines: Iterator[Line],
    *,
    keys: Mapping[str, Ed25519PublicKey],
    anchors: list[Anchors],
    actions_key: Ed25519PublicKey | None = None,
) -> AuditReport:
    """The report on a log. Raises CommandError when it cannot be read."""
    checkpoints: list[Checkpoint] = []
    verifier_of = partial(Verifier, anchors=anchors, keys=keys, actions_key=actions_key)
    verifier: Verifier | None = None
    head: Line = {"size": 0, "root": ""}
    try:
        for line in lines:
            kind = line["type"]
            if kind == CHECKPOINT:
                checkpoints.append(checkpoint_of(line))
                continue
            if kind in (ELEMENTS, ENTRY, FORGED):
                verifier = verifier or verifier_of(checkpoints)
                _take(verifier, line)
            else:
                head = line
        verifier = verifier or verifier_of(checkpoints)
        return verifier.finish(size=int(head["size"]), root=str(head["root"]))
    except (KeyError, TypeError, ValueError) as exc:
        raise CommandError(ExitCode.FAILED, "the log has a line that is none", remedy="export it again") from exc


def _take(verifier: Verifier, line: Line) -> None:
    if line["type"] == ELEMENTS:
        verifier.take_all(line["elements"])
        return
    if line["type"] == FORGED:
        verifier.stray(int(line["sequence"]), str(line["record"]))
        return
    verifier.take(
        Entry(
            position=line["position"],
            kind=line["kind"],
            sequence=line["sequence"],
            record=line["record"],
            hash=line["hash"],
            row=line["row"],
            private={place: Private(one["digest"], one["salt"]) for place, one in line["private"].items()},
        )
    )


def public_keys(paths: list[Path], context: Context | None) -> Mapping[str, Ed25519PublicKey]:
    """The keys that may sign checkpoints, by id: those in the files, or the context's. Raises CommandError."""
    texts = [(str(path), _text(path, "name a file with a public key in base64")) for path in paths]
    if not texts and context and context.audit_public_key:
        texts = [(f"context {context.path}: audit_public_key", context.audit_public_key)]
    found: dict[str, Ed25519PublicKey] = {}
    for place, text in texts:
        public = _key(place, text, "the monitor's")
        found[key_id(public)] = public
    return found


def actions_key(path: Path | None, context: Context | None) -> Ed25519PublicKey | None:
    """By what steps of actions are checked: the key in that file, or the context's. Raises CommandError."""
    if path is not None:
        return _key(str(path), _text(path, "name a file with a public key in base64"), "device actions'")
    if context and context.actions_public_key:
        place = f"context {context.path}: actions_public_key"
        return _key(place, context.actions_public_key, "device actions'")
    return None


def _key(place: str, text: str, whose: str) -> Ed25519PublicKey:
    try:
        return parse_public_key(text.strip())
    except ValueError as exc:
        bad_input(f"{place}: {exc}", remedy=f"enter the line of {whose} public key file")


def second_places(files: list[Path], logs: list[Path], context: Context | None) -> list[Anchors]:
    """The checkpoints of each second place: of files and logs, or of the context's file. Raises CommandError."""
    if not files and not logs and context and context.anchor_path:
        files = [context.anchor_path]
    return [_anchors(path, read_anchors) for path in files] + [_anchors(path, read_syslog) for path in logs]


def _anchors(path: Path, read: Callable[[Path], list[Checkpoint]]) -> Anchors:
    try:
        found = read(path)
    except FileNotFoundError:
        problem = f"{path} is not there: no checkpoint was written to it yet, or somebody took it away"
    except (OSError, AnchorError) as exc:
        problem = str(exc) if isinstance(exc, AnchorError) else f"{path}: {exc.strerror}"
    else:
        return Anchors(place=str(path), checkpoints=found)
    raise CommandError(
        ExitCode.BAD_INPUT, problem, remedy="name the file of EXCONN_AUDIT_ANCHOR_FILE, or a log file of syslog"
    )


def _text(path: Path, remedy: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        bad_input(f"{path}: {getattr(exc, 'strerror', None) or 'is no text'}", remedy=remedy)
