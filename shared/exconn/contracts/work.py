"""What a job is about: a frozen payload per kind, and the table of kinds.

A kind's row says which service does it, under which task name, which checks `begin` makes before a cmdlet that changes
Exchange, and the number of its payload's form. A payload that gains, loses or changes a field gets the next number: a
worker leaves what is newer than it to newer workers, instead of failing on it.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from exconn.contracts.fingerprint import Fingerprint
from exconn.contracts.names import Service


class Kind(StrEnum):
    """The kinds of job."""

    ECHO = "echo"
    INSTALL = "install"
    PREFLIGHT_POLICY = "preflight-policy"
    PREFLIGHT_ACTIONS = "preflight-actions"
    SWEEP = "sweep"
    PARTITION = "partition"
    POLICY_PLAN = "policy-plan"
    POLICY_APPLY = "policy-apply"
    WIPE = "wipe"


class Checks(StrEnum):
    """What `begin` checks: the column of the kind table that the brakes read."""

    NONE = "none"
    ERASE = "erase"
    DISCONNECT = "disconnect"
    ACCESS = "access"
    POLICY = "policy"


class Payload(BaseModel):
    """Base of all payloads: frozen, closed, free of personal data."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Echo(Payload):
    """Proves the path from doorbell to settled; changes nothing."""

    kind: Literal[Kind.ECHO] = Kind.ECHO
    text: str = ""


class Install(Payload):
    """Bring a connector into service: preflight in Exchange, then the installed message."""

    kind: Literal[Kind.INSTALL] = Kind.INSTALL


class PreflightPolicy(Payload):
    """Prove that the policy account has what policy needs, so that policy can be armed."""

    kind: Literal[Kind.PREFLIGHT_POLICY] = Kind.PREFLIGHT_POLICY


class PreflightActions(Payload):
    """Prove that the action account has what device actions need, so that actions can be armed."""

    kind: Literal[Kind.PREFLIGHT_ACTIONS] = Kind.PREFLIGHT_ACTIONS


class Sweep(Payload):
    """One discovery of the organization: list, partitions of statistics, finalise."""

    kind: Literal[Kind.SWEEP] = Kind.SWEEP
    mode: Literal["full"] = "full"
    number: int


class OwnerDevices(Payload):
    """One mailbox and its devices, by directory object GUID."""

    mailbox: str
    devices: tuple[str, ...]


class Partition(Payload):
    """A share of a sweep: the statistics of these owners' devices."""

    kind: Literal[Kind.PARTITION] = Kind.PARTITION
    sweep: int
    number: int
    owners: tuple[OwnerDevices, ...]


class PolicyPlan(Payload):
    """Compare the wanted mailbox policy settings with Exchange; nothing is written."""

    kind: Literal[Kind.POLICY_PLAN] = Kind.POLICY_PLAN


class PolicyApply(Payload):
    """Apply exactly one plan, by its id and digest, and read back."""

    kind: Literal[Kind.POLICY_APPLY] = Kind.POLICY_APPLY
    plan: str
    digest: str


class Wipe(Payload):
    """Erase one device (full wipe) and follow it to its acknowledgement.

    `envelope` is the accepted request as it was signed; the worker verifies it again. `accepted_at` is the server's
    time at acceptance. `fingerprint` is None when the register's was too old: then the worker's first look takes it,
    and where that look comes late, compares it with `known`, which is the register's, however old.
    """

    kind: Literal[Kind.WIPE] = Kind.WIPE
    device: str
    envelope: str
    accepted_at: datetime
    fingerprint: Fingerprint | None = None
    known: Fingerprint | None = None


Work = Echo | Install | PreflightPolicy | PreflightActions | Sweep | Partition | PolicyPlan | PolicyApply | Wipe


@dataclass(frozen=True, kw_only=True)
class KindRow:
    """One row of the kind table."""

    service: Service
    task: str
    checks: Checks
    payload: type[Payload]
    #: The newest form of the payload that this version reads, and the one that it writes.
    format: int = 1


KINDS: dict[Kind, KindRow] = {
    Kind.ECHO: KindRow(service=Service.DISCOVERY, task="exconn.echo", checks=Checks.NONE, payload=Echo),
    Kind.INSTALL: KindRow(
        service=Service.DISCOVERY, task="exconn.discovery.install", checks=Checks.NONE, payload=Install
    ),
    Kind.PREFLIGHT_POLICY: KindRow(
        service=Service.POLICY, task="exconn.policy.preflight", checks=Checks.NONE, payload=PreflightPolicy
    ),
    Kind.PREFLIGHT_ACTIONS: KindRow(
        service=Service.ACTIONS, task="exconn.actions.preflight", checks=Checks.NONE, payload=PreflightActions
    ),
    Kind.SWEEP: KindRow(service=Service.DISCOVERY, task="exconn.discovery.sweep", checks=Checks.NONE, payload=Sweep),
    Kind.PARTITION: KindRow(
        service=Service.DISCOVERY, task="exconn.discovery.partition", checks=Checks.NONE, payload=Partition
    ),
    Kind.POLICY_PLAN: KindRow(
        service=Service.POLICY, task="exconn.policy.plan", checks=Checks.NONE, payload=PolicyPlan
    ),
    Kind.POLICY_APPLY: KindRow(
        service=Service.POLICY, task="exconn.policy.apply", checks=Checks.POLICY, payload=PolicyApply
    ),
    Kind.WIPE: KindRow(service=Service.ACTIONS, task="exconn.actions.wipe.handler", checks=Checks.ERASE, payload=Wipe),
}


class UnknownKindError(ValueError):
    """A job of a kind that this version does not know."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(f"unknown kind of job {kind!r}: upgrade this service or cancel the job")


def parse_work(kind: str, payload: str) -> Payload:
    """The typed payload of a job. Raises UnknownKindError, or pydantic's ValidationError for a bad payload."""
    try:
        row = KINDS[Kind(kind)]
    except ValueError as exc:
        raise UnknownKindError(kind) from exc
    return row.payload.model_validate_json(payload)


def new_job_id(kind: Kind | str) -> str:
    """A fresh job id: the kind and 80 random bits, safe in keys, task ids and URLs."""
    return f"{kind}-{base64.b32encode(secrets.token_bytes(10)).decode().lower()}"


def kind_of(job_id: str) -> str:
    """The kind of a job by its id; it may be one that this version does not know."""
    return job_id.rpartition("-")[0]
