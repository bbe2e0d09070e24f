"""What stands between a stolen key and the phones: second persons, bounds, brakes, the workers' own settings."""

from datetime import datetime
from typing import Any

from exconn.connector import ConnectorDefinition, Quota
from exconn.contracts import Checks
from exconn.ledger import Limits
from exconn.ledger.limits_in_force import limits_in_force
from exconn.signing import Registry
from tests.faults.attack.defence import Defence
from tests.support.fault_runs.walk.plants import Plant


def _nothing(*_: Any, **__: Any) -> tuple[()]:
    return ()


def _always(*_: Any, **__: Any) -> bool:
    return True


def _whoever_asked(_: Registry, *, asked_at: datetime, **__: Any) -> datetime:
    return asked_at


def _without_bounds(definition: ConnectorDefinition, checks: Checks, *, quota: Quota | None = None, **_: Any) -> Limits:
    return limits_in_force(definition, checks, bounds=[], quota=quota)


DEFENCES_OF_PEOPLE: dict[str, Defence] = {
    "second-person-for-definitions": Defence(
        title="a definition that widens a limit or moves an address waits for a second requester",
        patches={"exconn.intake.handlers.connectors:_differences": _nothing},
    ),
    "second-person-for-held": Defence(
        title="who asked for an action does not release it: intake says so, and the worker once more",
        patches={
            "exconn.intake.handlers.cancel_retry_release:may_release_at": _whoever_asked,
            "exconn.signing.release:may_release_at": _whoever_asked,
        },
    ),
    "new-keys-wait": Defence(
        title="a key that is new in the registry does not release for a day, by intake and by the worker",
        patches={"exconn.signing.announced:Announced.may_release": _always},
    ),
    "bounds-of-the-registry": Defence(
        title="no definition is wider than the bounds in the deployment's registry",
        patches={
            "exconn.intake.handlers.connectors:beyond": _nothing,
            "exconn.intake.handlers.insert_job:limits_in_force": _without_bounds,
            "exconn.actions.handler:limits_in_force": _without_bounds,
        },
    ),
    "brakes-of-the-organization": Defence(
        title="the brakes count by organization, whatever its connectors are called",
        plants=(
            Plant(
                "prelude",
                "return absent(job.organization) and job.connector or job.organization",
                "return job.connector",
            ),
        ),
    ),
    "limits-of-now": Defence(
        title="an action begins by the stricter of the limits that it came with and those of now",
        plants=(Plant("brakes", "if not reason and not absent(given) and given ~= job.limits then", "if false then"),),
    ),
    "who-may-resume": Defence(
        title="the kill switch is turned off by who paused first, or for others by who asked for no action",
        plants=(
            Plant(
                "switch",
                "local function may_resume()\n  if absent(first) then",
                "local function may_resume()\n  if true then",
            ),
        ),
    ),
    "hosts-of-exchange": Defence(
        title="workers turn to no host but those that their own settings name",
        settings={"EXCONN_EXCHANGE_HOSTS": ""},
    ),
    "folder-of-secrets": Defence(
        title="workers read no secret out of the folder that their own settings name",
        settings={"EXCONN_SECRETS_DIR": ""},
    ),
    "held-gives-way": Defence(
        title="a held action gives way to the same one by another requester, whom the brakes let in",
        plants=(
            Plant(
                "insert",
                "return runs and lasts >= math.min(lasted, NOW + SUPERSEDES_WITHIN) and before or nil, is_held",
                "return nil, is_held",
            ),
        ),
    ),
}
