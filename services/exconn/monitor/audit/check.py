"""Verifying the audit log where it lies: all of it, in pages, from one state of the database."""

from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine

from exconn.audit import AuditReport, Checkpoint, Verifier
from exconn.monitor.audit import read
from exconn.monitor.audit.log import head


def check_log(
    engine: Engine,
    *,
    anchors: Sequence[Checkpoint] | None = None,
    keys: Mapping[str, Ed25519PublicKey] | None = None,
) -> AuditReport:
    """Verify the log. Raises SQLAlchemyError."""
    with read.of_one_state(engine).begin() as connection:
        verifier = Verifier(read.checkpoints(connection), anchors=anchors, keys=keys)
        first = 0
        while page := read.entries_from(connection, first):
            for entry in page:
                verifier.take(entry)
            for sequence, record in read.doubles(connection, page):
                verifier.stray(sequence, record)
            first = page[-1].position + 1
        for sequence, record in read.strays(connection):
            verifier.stray(sequence, record)
        end = head(connection)
        return verifier.finish(size=end.size, root=end.root().hex())
