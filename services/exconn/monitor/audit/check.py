"""Verifying the audit log where it lies: all of it, in pages, each from one state of the database.

Between two pages no transaction is open, and whoever verifies may rest: the projector is not held up.
"""

from collections.abc import Callable, Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine

from exconn.audit import Anchors, AuditReport, Verifier
from exconn.monitor.audit import read
from exconn.monitor.audit.append import head


def check_log(
    engine: Engine,
    *,
    anchors: Sequence[Anchors] = (),
    keys: Mapping[str, Ed25519PublicKey] | None = None,
    after_page: Callable[[AuditReport], None] = lambda _: None,
) -> AuditReport:
    """Verify the log as long as it is now. Raises SQLAlchemyError, and what `after_page` raises."""
    pages = read.of_one_state(engine)
    with pages.begin() as connection:
        end = head(connection)
        # One that is larger than the log is of one that was longer.
        verifier = Verifier(read.checkpoints(connection), anchors=anchors, keys=keys)
    first = 0
    while first < end.size:
        with pages.begin() as connection:
            page = read.elements_from(connection, first, before=end.size)
        verifier.take_all(page.elements)
        for sequence, record in page.doubles:
            verifier.stray(sequence, record)
        if not page.elements:
            break
        first = page.elements[-1][0] + 1
        after_page(verifier.report)
    with pages.begin() as connection:
        for sequence, record in read.strays(connection):
            verifier.stray(sequence, record)
    return verifier.finish(size=end.size, root=end.root().hex())
