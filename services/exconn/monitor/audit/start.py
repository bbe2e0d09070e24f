"""What looks after the audit log, as the settings say: who seals it, and who verifies it."""

from collections.abc import Callable

from sqlalchemy import Engine

from exconn.monitor.audit.make_checkpoints import CheckpointMaker
from exconn.monitor.audit.nightly import NightlyVerification
from exconn.monitor.audit.places import AnchorFile, SecondPlace
from exconn.monitor.audit.settings import AuditSettings
from exconn.monitor.audit.syslog import Syslog, SyslogAddress
from exconn.signing.keyfile import SigningKey, key_id

AuditSetup = tuple[AuditSettings, SigningKey | None]


def looked_after(
    engine: Engine, setup: AuditSetup, *, is_active: Callable[[], bool] = lambda: True
) -> tuple[CheckpointMaker, NightlyVerification]:
    """Who makes checkpoints, and who verifies the log."""
    settings, key = setup
    places: list[SecondPlace] = [AnchorFile(settings.anchor_file)] if settings.anchor_file else []
    if settings.syslog:
        places.append(Syslog(SyslogAddress.of(settings.syslog)))
    every = settings.checkpoint_every
    checkpoints = CheckpointMaker(engine, is_active=is_active, key=key, places=places, checkpoint_every=every)
    public = [*settings.earlier(), *([key.private.public_key()] if key else [])]
    verification = NightlyVerification(
        engine,
        is_active=is_active,
        seal=checkpoints.seal,
        keys={key_id(one): one for one in public},
        anchor_file=settings.anchor_file,
        schedule=settings.schedule(),
        within=settings.verify_within,
    )
    return checkpoints, verification
