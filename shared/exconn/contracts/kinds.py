"""The table of kinds: everything that somebody has to know about a kind of job, in one row.

A payload that gains, loses or changes a field gets the next number in `format`: a worker leaves what is newer than it
to newer workers, instead of failing on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from exconn.contracts.names import Service
from exconn.contracts.phases import ACCESS_LIFE, NO_PHASES, POLICY_LIFE, SWEEP_LIFE, WIPE_LIFE, Life
from exconn.contracts.request import RequestKind
from exconn.contracts.roles import AccountRole
from exconn.contracts.work import (
    ActionPayload,
    Allow,
    Block,
    Checks,
    Echo,
    Install,
    Kind,
    Partition,
    Payload,
    PolicyApply,
    PolicyPlan,
    PreflightActions,
    PreflightPolicy,
    Sweep,
    Wipe,
    kind_of,
)


@dataclass(frozen=True)
class ActionTexts:
    """What people read before they ask for an action.

    `about` is the help of its verb, with the reason `why` in its example; `question` is asked first; `does` says in a
    list what its command does.
    """

    about: str
    why: str
    question: str
    does: str


@dataclass(frozen=True, kw_only=True)
class KindRow:
    """One row of the kind table.

    `label` is what people call it. `rights` says whose account it uses; what this kind sends beside the looks of all
    kinds with those rights is in `needs`: parameters by cmdlet, under the older names. Preflight and role scripts read
    both. `follow` are noun and verb of the command that shows how far it is, `again` is the command that asks for
    another one. An action has `texts`: it acts on one device, comes from a signed `request` of its own, and is open
    until it settles.
    """

    service: Service
    task: str
    payload: type[Payload]
    label: str
    checks: Checks = Checks.NONE
    rights: AccountRole | None = None
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    life: Life = NO_PHASES
    request: RequestKind | None = None
    follow: tuple[str, str] = ("jobs", "show")
    again: str = ""
    texts: ActionTexts | None = None
    #: Whether every write of its worker needs its lease: who takes the lease away has ended the work.
    leased: bool = False
    #: The newest form of the payload that this version reads, and the one that it writes.
    format: int = 1


#: What editing the personal lists of a mailbox takes; they are read and written on one domain controller.
_PERSONAL_LISTS = {
    "Get-CASMailbox": ("Identity", "DomainController", "ReadFromDomainController"),
    "Set-CASMailbox": (
        "Identity",
        "ActiveSyncAllowedDeviceIDs",
        "ActiveSyncBlockedDeviceIDs",
        "DomainController",
    ),
}

KINDS: dict[Kind, KindRow] = {
    Kind.ECHO: KindRow(service=Service.DISCOVERY, task="exconn.echo", payload=Echo, label="echo"),
    Kind.INSTALL: KindRow(
        service=Service.DISCOVERY,
        task="exconn.discovery.install",
        payload=Install,
        label="installation",
        rights="discovery",
    ),
    Kind.PREFLIGHT_POLICY: KindRow(
        service=Service.POLICY,
        task="exconn.policy.preflight",
        payload=PreflightPolicy,
        label="arming of policy",
        rights="policy",
        request=RequestKind.CONNECTOR_ARM,
        again="connector arm {connector} policy",
    ),
    Kind.PREFLIGHT_ACTIONS: KindRow(
        service=Service.ACTIONS,
        task="exconn.actions.preflight",
        payload=PreflightActions,
        label="arming of actions",
        rights="actions",
        request=RequestKind.CONNECTOR_ARM,
        again="connector arm {connector} actions",
    ),
    Kind.SWEEP: KindRow(
        service=Service.DISCOVERY,
        task="exconn.discovery.sweep",
        payload=Sweep,
        label="sweep",
        rights="discovery",
        life=SWEEP_LIFE,
        leased=True,
        request=RequestKind.SWEEP_START,
        follow=("sweeps", "show"),
        again="sweeps start full {connector}",
    ),
    Kind.PARTITION: KindRow(
        service=Service.DISCOVERY,
        task="exconn.discovery.partition",
        payload=Partition,
        label="part of a sweep",
        rights="discovery",
        leased=True,
    ),
    Kind.POLICY_PLAN: KindRow(
        service=Service.POLICY,
        task="exconn.policy.plan",
        payload=PolicyPlan,
        label="policy plan",
        rights="policy",
        request=RequestKind.POLICY_PLAN,
        again="policy plan {connector} --wait",
    ),
    Kind.POLICY_APPLY: KindRow(
        service=Service.POLICY,
        task="exconn.policy.apply",
        payload=PolicyApply,
        format=2,
        label="policy apply",
        checks=Checks.POLICY,
        rights="policy",
        life=POLICY_LIFE,
        request=RequestKind.POLICY_APPLY,
        again="policy plan {connector} --wait",
    ),
    Kind.WIPE: KindRow(
        service=Service.ACTIONS,
        task="exconn.actions.wipe",
        payload=Wipe,
        label="wipe",
        checks=Checks.ERASE,
        rights="actions",
        needs={"Clear-ActiveSyncDevice": ("Identity", "Cancel", "DomainController", "Confirm")},
        life=WIPE_LIFE,
        request=RequestKind.WIPE,
        follow=("actions", "follow"),
        again="devices wipe {device} --connector {connector}",
        texts=ActionTexts(
            about="Erase a device: everything on the phone is lost.",
            why="stolen",
            question="Erase {device}?",
            does="erase this device completely",
        ),
        format=2,
    ),
    Kind.BLOCK: KindRow(
        service=Service.ACTIONS,
        task="exconn.actions.block",
        payload=Block,
        label="block",
        checks=Checks.ACCESS,
        rights="actions",
        needs=_PERSONAL_LISTS,
        life=ACCESS_LIFE,
        request=RequestKind.BLOCK,
        follow=("actions", "follow"),
        again="devices block {device} --connector {connector}",
        texts=ActionTexts(
            about="Block a device: it gets nothing from its user's mailbox any more.",
            why="lost",
            question="Block {device}?",
            does="block this device for its user",
        ),
        format=2,
    ),
    Kind.ALLOW: KindRow(
        service=Service.ACTIONS,
        task="exconn.actions.allow",
        payload=Allow,
        label="allow",
        checks=Checks.ALLOW,
        rights="actions",
        needs=_PERSONAL_LISTS,
        life=ACCESS_LIFE,
        request=RequestKind.ALLOW,
        follow=("actions", "follow"),
        again="devices allow {device} --connector {connector}",
        texts=ActionTexts(
            about="Allow a device: it reaches its user's mailbox, whatever the access rules say.",
            why="checked",
            question="Allow {device}?",
            does="allow this device for its user",
        ),
        format=2,
    ),
}

#: The kinds that act on a device, with the texts of each.
ACTIONS: dict[Kind, ActionTexts] = {kind: row.texts for kind, row in KINDS.items() if row.texts}
ACTION_KINDS = tuple(ACTIONS)


def row_of(job_id: str) -> KindRow | None:
    """The row of a job's kind; None where this version does not know the kind."""
    kind = kind_of(job_id)
    return KINDS[Kind(kind)] if kind in KINDS else None


def action_payload(kind: Kind) -> type[ActionPayload]:
    """The class of what an action of that kind is about. Raises UnknownKindError for what is no action."""
    payload = KINDS[kind].payload
    if not issubclass(payload, ActionPayload):
        raise UnknownKindError(kind)
    return payload


def is_in_exchange(kind: str, phase: str) -> bool:
    """Whether Exchange has the action of a job of that kind in that phase."""
    return kind in KINDS and phase in KINDS[Kind(kind)].life.in_exchange


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
