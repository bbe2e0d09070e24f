"""What stands between a fallen service, server or page and the phones: users, signatures, comparisons."""

from typing import Any

from exconn.doorbell import celery_app
from tests.faults.attack.defence import Defence
from tests.support.fault_runs.walk.plants import Plant


def _nothing(*_: Any, **__: Any) -> tuple[()]:
    return ()


def _none(*_: Any, **__: Any) -> None:
    return None


def _no_problem(*_: Any, **__: Any) -> str:
    return ""


def _as_it_came(raw: bytes, *_: Any) -> bytes:
    return raw


_MESSAGES = celery_app._messages()


def _pickled_too() -> dict[str, Any]:
    return _MESSAGES | {"accept_content": ["json", "pickle"]}


DEFENCES_OF_SERVICES: dict[str, Defence] = {
    "keys-of-jobs-by-service": Defence(
        title="a worker's user reaches the jobs of its own service alone",
        grants={"discovery": {"ledger": "jobs order forget"}},
    ),
    "brakes-of-device-actions-alone": Defence(
        title="only the user of device actions takes tokens of the brakes, and writes jobs of theirs",
        grants={"policy": {"ledger": "jobs order sets brakes"}},
    ),
    "signed-records": Defence(
        title="the monitor checks who wrote what became of an action",
        patches={"exconn.monitor.projector.status:problem_of": _no_problem},
    ),
    "signed-releases": Defence(
        title="the worker verifies that a second person signed the release",
        patches={"exconn.actions.grant:check_grant": _none},
    ),
    "jobs-compared-with-messages": Defence(
        title="the monitor compares the ledger's actions with their messages",
        patches={"exconn.monitor.projector.job_check:JobCheck.look": _nothing},
    ),
    "tokens-of-upgrades-alone": Defence(
        title="no service but device actions writes tokens of the brakes; the user of upgrades copies them",
        grants={"coordinator": {"ledger": "copy-tokens"}},
    ),
    "cancelled-by-intake-alone": Defence(
        title="an action is cancelled only where intake says so, in a key that it alone writes",
        plants=(Plant("prelude", "if job.cancel == '1' and not is_cancelled(id) then", "if false then"),),
        grants={"coordinator": {"ledger": "cancels"}},
    ),
    "removed-by-intake-alone": Defence(
        title="a connector is cleared away only where intake says so, in a key that it alone writes",
        plants=(
            Plant(
                "clear_removed",
                "if redis.call('HGET', key('revisions', P.connector), 'removed') ~= '1' then",
                "if false then",
            ),
        ),
        patches={"exconn.connector.pins:Pins.denies_removal": _nothing},
    ),
    "messages-checked-before-celery": Defence(
        title="what is no doorbell never reaches Celery",
        patches={
            "exconn.doorbell.transport:admitted": _as_it_came,
            "exconn.doorbell.celery_app:_messages": _pickled_too,
        },
        settings={"C_FORCE_ROOT": "1"},
    ),
    "somebody-may-end-scripts": Defence(
        title="a user that no service has may end scripts",
        no_grants={"auditor": {"broker": "end-scripts"}},
    ),
    "signed-is-what-was-seen": Defence(
        title="intake and worker compare the phone with what its requester saw",
        patches={"exconn.contracts.seen:Seen.differing": _nothing},
    ),
    "signed-answers": Defence(
        title="the command line takes no answer that intake has not signed",
        patches={"exconn.cli.intake_door:_key_of": _none},
    ),
}
