"""Verifying an audit log line by line, with the keys and the second place that were named."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exconn.audit import Anchors, AuditReport, Checkpoint, Entry, Private, Verifier
from exconn.audit.anchors import AnchorError, checkpoint_of, read_anchors, read_syslog
from exconn.cli.audit_source import CHECKPOINT, ELEMENTS, ENTRY, FORGED, Line
from exconn.cli.command_errors import CommandError, ExitCode, bad_input
from exconn.signing.keyfile import key_id, parse_public_key


def verified(lines: Iterator[Line], *, keys: list[Path], anchors: list[Path], syslog: list[Path]) -> AuditReport:
    """The report on a log. Raises CommandError when it, a key or a second place cannot be read."""
    public = _keys(keys)
    second = [_anchors(path, read_anchors) for path in anchors] + [_anchors(path, read_syslog) for path in syslog]
    checkpoints: list[Checkpoint] = []
    verifier: Verifier | None = None
    head: Line = {"size": 0, "root": ""}
    try:
        for line in lines:
            kind = line["type"]
            if kind == CHECKPOINT:
                checkpoints.append(checkpoint_of(line))
                continue
            if kind in (ELEMENTS, ENTRY, FORGED):
                verifier = verifier or Verifier(checkpoints, anchors=second, keys=public)
                _take(verifier, line)
            else:
                head = line
        verifier = verifier or Verifier(checkpoints, anchors=second, keys=public)
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


def _keys(paths: list[Path]) -> Mapping[str, Ed25519PublicKey]:
    found: dict[str, Ed25519PublicKey] = {}
    for path in paths:
        try:
            public = parse_public_key(path.read_text(encoding="utf-8").strip())
        except (OSError, ValueError) as exc:
            problem = getattr(exc, "strerror", None) or str(exc)
            bad_input(f"{path}: {problem}", remedy="name a file with a public key in base64")
        found[key_id(public)] = public
    return found


def _anchors(path: Path, read: Callable[[Path], list[Checkpoint]]) -> Anchors:
    try:
        return Anchors(place=str(path), checkpoints=read(path))
    except (OSError, AnchorError) as exc:
        problem = getattr(exc, "strerror", None) or str(exc)
        bad_input(f"{path}: {problem}", remedy="name the file of EXCONN_AUDIT_ANCHOR_FILE, or a log file of syslog")
