"""Defences, and how each of them is taken out: the control of an attack shows that this one is what holds it.

`python -m tests.faults.attack.without NAME exconn.intake` starts a service without the defence NAME.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from importlib import import_module
from typing import Any

from exconn.connector import ConnectorDefinition, Quota
from exconn.contracts import Checks
from exconn.doorbell import celery_app
from exconn.ledger import Limits, lua
from exconn.ledger.limits_in_force import limits_in_force
from exconn.signing import Registry
from tests.support.fault_runs.walk.plants import Plant


@dataclass(frozen=True, kw_only=True)
class Defence:
    """What is different where the defence is missing; nothing else is."""

    #: What it does, in words.
    title: str
    #: `package.module:name` -> what stands there instead, in every service.
    patches: Mapping[str, Any] = field(default_factory=dict)
    #: Changed places in the ledger's functions.
    plants: tuple[Plant, ...] = ()
    #: Settings of every service.
    settings: Mapping[str, str] = field(default_factory=dict)
    #: User -> server (broker, ledger) -> further grants of deploy/access.toml.
    grants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def take_out(self) -> None:
        """In this process, for the rest of its life."""
        for place, instead in self.patches.items():
            module, _, path = place.partition(":")
            *owners, name = path.split(".")
            owner = reduce(getattr, owners, import_module(module))
            if not hasattr(owner, name):
                raise ValueError(f"{module} has no {path} any more: adapt the defence {self.title!r}")
            setattr(owner, name, instead)
        if self.plants:
            setattr(lua, "_read", _planted(lua._read, self.plants))  # noqa: B010 - mypy takes a function for a constant
            lua.library.cache_clear()


def _planted(read: Callable[[str], str], plants: tuple[Plant, ...]) -> Callable[[str], str]:
    def changed(name: str) -> str:
        text = read(name)
        for plant in plants:
            if plant.script == name:
                if text.count(plant.text) != 1:
                    raise ValueError(f"{name}.lua has no longer exactly one {plant.text!r}: adapt the defence")
                text = text.replace(plant.text, plant.instead)
        return text

    return changed


def _nothing(*_: Any, **__: Any) -> tuple[()]:
    return ()


def _whoever_asked(_: Registry, *, asked_at: datetime, **__: Any) -> datetime:
    return asked_at


def _without_bounds(definition: ConnectorDefinition, checks: Checks, *, quota: Quota | None = None, **_: Any) -> Limits:
    return limits_in_force(definition, checks, bounds=definition.limits, quota=quota)


def _none(*_: Any, **__: Any) -> None:
    return None


def _no_problem(*_: Any, **__: Any) -> str:
    return ""


def _as_it_came(raw: bytes, *_: Any) -> bytes:
    return raw


_MESSAGES = celery_app._messages()


def _pickled_too() -> dict[str, Any]:
    return _MESSAGES | {"accept_content": ["json", "pickle"]}


DEFENCES: dict[str, Defence] = {
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
        patches={"tests.faults.attack.fallen_broker_page:end_script": _nothing},
    ),
    "signed-is-what-was-seen": Defence(
        title="intake and worker compare the phone with what its requester saw",
        patches={"exconn.contracts.seen:Seen.differing": _nothing},
    ),
    "signed-answers": Defence(
        title="the command line takes no answer that intake has not signed",
        patches={"exconn.cli.intake_door:_key_of": _none},
    ),
    "second-person-for-definitions": Defence(
        title="a definition that widens a limit or moves an address waits for a second requester",
        patches={"exconn.intake.handlers.connectors:_differences": _nothing},
    ),
    "second-person-for-held": Defence(
        title="who asked for an action does not release it: intake says so, and the worker once more",
        patches={
            "exconn.intake.handlers.jobs_and_brakes:may_release_at": _whoever_asked,
            "exconn.actions.grant:may_release_at": _whoever_asked,
        },
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
        title="the kill switch is turned off by who paused first, or by others than those whose actions wait for it",
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
