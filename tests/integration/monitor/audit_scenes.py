"""Makes the problems of the audit log and of refused requests happen, beside the other scenes."""

from datetime import time, timedelta
from pathlib import Path

from sqlalchemy import Engine, update

from exconn.ledger.refused_requests import MANY, RefusedRequest, RefusedRequests
from exconn.monitor.audit.make_checkpoints import CheckpointMaker
from exconn.monitor.audit.nightly import NightlyVerification
from exconn.monitor.audit.places import AnchorFile, SecondPlace
from exconn.monitor.audit.schedule import Schedule
from exconn.monitor.problems import ProblemCode
from exconn.monitor.tables import messages
from exconn.stream import Number
from tests.integration.monitor.problem_scenes import Scene, makes

DAY = timedelta(days=1)


def checkpoints(scene: Scene, *places: SecondPlace) -> CheckpointMaker:
    """Who seals the audit log."""
    every = timedelta(days=1)
    return CheckpointMaker(scene.engine, is_active=lambda: True, key=None, places=places, checkpoint_every=every)


def nightly(engine: Engine, *, anchor_file: Path | None = None, within: timedelta = DAY) -> NightlyVerification:
    """Who verifies it."""
    schedule = Schedule(every=DAY, at=time(2))
    return NightlyVerification(
        engine,
        is_active=lambda: True,
        seal=lambda: None,
        keys={},
        anchor_file=anchor_file,
        schedule=schedule,
        within=within,
    )


@makes(ProblemCode.AUDIT_BROKEN)
def somebody_edits_a_message(scene: Scene) -> None:
    scene.job("sweep-a", number=Number.JOB_SUCCEEDED, state="settled", outcome="succeeded")
    scene.project()
    with scene.engine.begin() as connection:
        connection.execute(update(messages).values(by="somebody-else"))
    nightly(scene.engine).verify()


@makes(ProblemCode.AUDIT_NOT_ANCHORED)
def the_second_place_cannot_be_written(scene: Scene) -> None:
    scene.job("sweep-a", number=Number.JOB_SUCCEEDED, state="settled", outcome="succeeded")
    scene.project()
    checkpoints(scene, AnchorFile(Path("/dev/null/anchors"))).seal()


@makes(ProblemCode.AUDIT_UNVERIFIED)
def the_night_is_too_short(scene: Scene) -> None:
    scene.job("sweep-a", number=Number.JOB_SUCCEEDED, state="settled", outcome="succeeded")
    scene.project()
    nightly(scene.engine, within=timedelta(0)).verify()


@makes(ProblemCode.REQUESTS_REFUSED)
def many_requests_are_forged(scene: Scene) -> None:
    refused = RefusedRequests(scene.client)
    for number in range(MANY):
        forged = RefusedRequest(at=number, fault="signature", key="k1", source="http", digest="d", size=9)
        refused.keep(forged, by="intake")
