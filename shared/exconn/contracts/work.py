"""What a job is about: the kinds of job, and a frozen payload for each."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from exconn.contracts.fingerprint import Fingerprint
from exconn.contracts.policy_towards import TO_DEFINITION, Towards


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
    BLOCK = "block"
    ALLOW = "allow"


#: No brake counts over more: what has begun is remembered for longer than that.
LONGEST_WINDOW = timedelta(days=366)


class Checks(StrEnum):
    """What `begin` checks: the column of the kind table that the brakes read.

    `ACCESS` cuts a device off, which the kill switch stops; `ALLOW` lets one in, which never made an emergency worse.
    """

    NONE = "none"
    ERASE = "erase"
    DISCONNECT = "disconnect"
    ACCESS = "access"
    ALLOW = "allow"
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


#: The series of full discoveries: of a connector, one is open at a time.
FULL_SWEEPS = "full sweeps"


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
    """Compare the wanted mailbox policy settings, or those of before, with Exchange; nothing is written."""

    kind: Literal[Kind.POLICY_PLAN] = Kind.POLICY_PLAN
    towards: Towards = TO_DEFINITION

    @model_serializer(mode="wrap")
    def _as_known_to_all(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Without the goal where it is the usual one, so that workers of the version before read it, too."""
        written: dict[str, object] = handler(self)
        if self.towards == TO_DEFINITION:
            del written["towards"]
        return written


class PolicyApply(Payload):
    """Apply exactly one plan, by its id and digest, and read back.

    `envelope` is the accepted request as it was signed; the worker verifies it again. Earlier versions wrote none.
    """

    kind: Literal[Kind.POLICY_APPLY] = Kind.POLICY_APPLY
    plan: str
    digest: str
    envelope: str = ""


class ActionPayload(Payload):
    """Base of what acts on one device.

    `envelope` is the accepted request as it was signed; the worker verifies it again. `accepted_at` is the server's
    time at acceptance. `known` is what the register knew of the partnership then, however old.
    """

    kind: Kind
    device: str
    envelope: str
    accepted_at: datetime
    known: Fingerprint | None = None


class Wipe(ActionPayload):
    """Erase one device (full wipe) and follow it to its acknowledgement."""

    kind: Literal[Kind.WIPE] = Kind.WIPE


class Block(ActionPayload):
    """Put a device onto its owner's list of blocked devices, and off the one of allowed devices."""

    kind: Literal[Kind.BLOCK] = Kind.BLOCK


class Allow(ActionPayload):
    """Put a device onto its owner's list of allowed devices, and off the one of blocked devices."""

    kind: Literal[Kind.ALLOW] = Kind.ALLOW


Work = (
    Echo
    | Install
    | PreflightPolicy
    | PreflightActions
    | Sweep
    | Partition
    | PolicyPlan
    | PolicyApply
    | Wipe
    | Block
    | Allow
)


_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def new_job_id(kind: Kind | str) -> str:
    """A fresh job id: the kind and 80 random bits, safe in keys, task ids and URLs."""
    return f"{kind}-{''.join([_LETTERS[byte & 31] for byte in secrets.token_bytes(16)])}"


def kind_of(job_id: str) -> str:
    """The kind of a job by its id; it may be one that this version does not know."""
    return job_id.rpartition("-")[0]
