"""Makes the problems of the audit log and of refused requests happen, beside the other scenes."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from exconn.ledger.refused_requests import MANY, RefusedRequest, RefusedRequests
from exconn.monitor.audit.keeper import AuditKeeper
from exconn.monitor.problems import ProblemCode
from exconn.monitor.tables import messages
from exconn.stream import Number
from tests.integration.monitor.problem_scenes import Scene, makes


def keeper(scene: Scene, *, anchor_file: Path | None = None) -> AuditKeeper:
    """Who looks after the audit log."""
    every = timedelta(days=1)
    return AuditKeeper(
        scene.engine,
        is_active=lambda: True,
        key=None,
        anchor_file=anchor_file,
        checkpoint_every=every,
        verify_every=every,
    )


@makes(ProblemCode.AUDIT_BROKEN)
def somebody_edits_a_message(scene: Scene) -> None:
    scene.job("sweep-a", number=Number.JOB_SUCCEEDED, state="settled", outcome="succeeded")
    scene.project()
    with scene.engine.begin() as connection:
        connection.execute(update(messages).values(by="somebody-else"))
    keeper(scene).verify()


@makes(ProblemCode.AUDIT_NOT_ANCHORED)
def the_second_place_cannot_be_written(scene: Scene) -> None:
    scene.job("sweep-a", number=Number.JOB_SUCCEEDED, state="settled", outcome="succeeded")
    scene.project()
    keeper(scene, anchor_file=Path("/dev/null/anchors")).seal()


@makes(ProblemCode.REQUESTS_REFUSED)
def many_requests_are_forged(scene: Scene) -> None:
    refused = RefusedRequests(scene.client)
    for number in range(MANY):
        forged = RefusedRequest(at=number, fault="signature", key="k1", source="http", digest="d", size=9)
        refused.keep(forged, by="intake")
