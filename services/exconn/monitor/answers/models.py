"""What the API answers. Lists carry `next` where there is more: give it back as `after`."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, computed_field

from exconn.contracts import ClientClass, Erases, reason_text, remedy_text
from exconn.contracts.hold_text import hold_text
from exconn.contracts.policy_reach import Obeys
from exconn.ledger import State


class Shown(BaseModel):
    """Base of all answers; rows of the read model have more columns than are shown."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ErrorView(Shown):
    """Why there is no answer: `error` is a stable word, `field` the part of the question at fault, if it is one."""

    error: str
    text: str
    remedy: str
    field: str = ""


class ConnectorView(Shown):
    """A connector, what it found, and its kill switch (null while the ledger is away)."""

    name: str
    revision: int | None = None
    state: str = ""
    status_id: int | None = None
    organization: str | None = None
    armed: list[str] = []
    installed_at: datetime | None = None
    applied_at: datetime | None = None
    last_error: str | None = None
    devices: int = 0
    switch: str | None = None
    #: Who turned the switch on first since it last let jobs through, and when; None of one that runs, or nobody paused.
    paused_by: str | None = None
    paused_at: datetime | None = None


class WorkerView(Shown):
    """A process by its last sign of life."""

    service: str
    process: str
    seen: datetime
    alive: bool


class ProjectorView(Shown):
    """How far the read model is; `lag` is how many seconds its oldest unread message waits, if the ledger answers."""

    last_id: str
    lag: float | None
    role: str
    holder: str | None


class ProblemView(Shown):
    """Something that is wrong with the system. `code` is a stable word; `command` is what to type next, if that helps.

    `connector`, `service`, `account` and `kind` say whom it concerns, and are empty where it concerns everybody.
    `finding` is set where the problem stays until a person has acknowledged that finding.
    """

    code: str
    severity: str
    text: str
    since: datetime | None
    count: int
    connector: str
    service: str
    account: str
    kind: str
    reason: str
    meaning: str
    remedy: str
    command: str
    finding: str


class ProblemsView(Shown):
    """Everything that is wrong, the worst first."""

    problems: list[ProblemView]


class AcknowledgedView(Shown):
    """A finding that a person has acknowledged."""

    code: str
    finding: str
    text: str
    since: datetime
    acknowledged_at: datetime
    by: str
    because: str


class AcknowledgedListView(Shown):
    """Findings that were acknowledged, the newest word first."""

    acknowledged: list[AcknowledgedView]


class OverviewView(Shown):
    """Everything at a glance."""

    connectors: list[ConnectorView]
    jobs: dict[str, int]
    actions: dict[str, int]
    workers: list[WorkerView]
    last_message: datetime | None
    projector: ProjectorView
    problems: list[ProblemView]
    ledger: str


class ConnectorsView(Shown):
    connectors: list[ConnectorView]


class WipeTimesView(Shown):
    """The dates of a device's newest wipe: as Exchange showed them, or as the action that issued it has seen since."""

    requested: datetime | None = None
    sent: datetime | None = None
    acknowledged: datetime | None = None


class DeviceView(Shown):
    """A device in a list. `client` is the class of its client, `erases` what a wipe would do to it."""

    guid: str
    name: str
    connector: str
    owner_name: str
    owner_address: str | None = None
    device_type: str
    model: str
    os: str
    access_state: str
    last_sync: datetime | None = None
    status: str
    client: ClientClass
    erases: Erases
    wipe: WipeTimesView
    open_action: str | None = None


class DevicesView(Shown):
    devices: list[DeviceView]
    next: str | None
    total: int


class MessageView(Shown):
    """A status message; `severity` is I, W or E."""

    sequence: int
    number: int
    severity: str
    text: str
    connector: str
    at: datetime
    by: str
    job: str
    kind: str
    state: str
    phase: str
    epoch: int
    data: dict[str, Any]


class MessagesView(Shown):
    """Messages in order; `next` is the sequence to go on from, and `next_record` the record, where it names one."""

    messages: list[MessageView]
    next: int
    next_record: str = ""


class JobView(Shown):
    """A job; `phases` says when each phase was first seen. `reason` is a code, `reason_text` what people read of it."""

    id: str
    connector: str
    kind: str
    service: str
    state: str
    phase: str
    outcome: str
    reason: str
    requester: str
    revision: int
    device: str | None
    parent: str | None
    epoch: int
    queued_at: datetime | None
    changed_at: datetime
    settled_at: datetime | None
    due: datetime | None
    valid_until: datetime | None
    phases: dict[str, datetime]
    data: dict[str, Any]

    @computed_field
    def reason_text(self) -> str:
        """What a person reads of the reason."""
        return reason_text(self.reason, self.data) if self.reason else ""

    @computed_field
    def held_for(self) -> str:
        """What a release of a held job is signed for."""
        return hold_text(self.reason, str(self.data.get("subject") or "")) if self.state == State.HELD else ""

    @computed_field
    def remedy(self) -> str:
        """What a person can do about the reason."""
        return remedy_text(self.reason)


class LooksView(Shown):
    """How often a job was looked at, when last and when next; a look that finds nothing new writes no message."""

    count: int
    last: datetime | None
    next: datetime | None


class StepView(Shown):
    """One phase of an action and when it was reached; `passed` where that happened between two looks."""

    phase: str
    at: datetime | None
    present: bool
    passed: bool


class JobDetailView(JobView):
    """A job with its messages, its looks (null while the ledger is away), and how many parts are in each state."""

    messages: list[MessageView]
    looks: LooksView | None = None
    steps: list[StepView] = []
    children: dict[str, int]


class JobsView(Shown):
    jobs: list[JobView]
    next: str | None


class ActionView(JobView):
    """A job that acts on a device, with that device and the steps that it has taken."""

    device_name: str | None = None
    device_type: str | None = None
    owner_name: str | None = None
    owner_address: str | None = None
    steps: list[StepView] = []


class ActionDetailView(ActionView):
    messages: list[MessageView]
    looks: LooksView | None = None


class ActionsView(Shown):
    actions: list[ActionView]
    next: str | None


class DeviceDetailView(DeviceView):
    """Everything known of a device, and its actions, newest first.

    `listed_at` and `statistics_at` say when that part of the record last changed; `swept_at` when the newest
    sweep ended, which found it as it is shown.
    """

    device_id: str
    identity: str
    owner: str | None
    user_domain: str
    exchange_server: str | None
    friendly_name: str
    user_agent: str
    os_language: str
    imei: str
    mobile_operator: str
    phone_number: str
    client_type: str
    client_version: str
    access_state_reason: str
    access_control_rule: str
    first_sync: datetime | None
    created: datetime | None
    last_attempt: datetime | None
    last_policy_update: datetime | None
    policy: str | None
    policy_applied: str
    policy_status: str
    activesync_enabled: bool | None
    remote_wipe_supported: bool | None
    status_note: str
    wipe_requestor: str
    account_only_wipe: WipeTimesView
    account_wipe_requestor: str
    listed_at: datetime | None
    listed_in: int | None
    statistics_at: datetime | None
    swept_at: datetime | None
    history: list[JobView]


class SweepView(Shown):
    """A sweep: its job, its progress in parts, and once finished what it found."""

    job: str
    connector: str
    number: int | None
    mode: str
    state: str
    outcome: str
    reason: str
    reason_text: str
    queued_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    devices: int | None
    owners: int | None
    partitions: dict[str, int]
    complete: bool | None


class SweepsView(Shown):
    sweeps: list[SweepView]


class PolicyClientsView(Shown):
    """The devices of one class of client that a plan is about, and what they do with the settings that it changes."""

    client: ClientClass
    devices: int
    obeys: Obeys
    settings: tuple[str, ...]
    on_android: tuple[str, ...]


class PolicyStateView(Shown):
    """The newest plan of a connector: its job, the settings that differ, and whom they are about."""

    connector: str
    plan: str | None
    state: str
    outcome: str
    planned_at: datetime | None
    digest: str | None
    policy: str | None
    drift: list[dict[str, Any]] | None
    clients: list[PolicyClientsView] = []
    result: dict[str, Any]


class HeldView(JobView):
    """A held job. `request` are the bytes that were signed for an action, in base64; empty while the ledger is away.

    What a brake holds is released by their digest: `held_for` says the same, and may have been changed on its way.
    """

    request: str = ""


class BrakesView(Shown):
    """The kill switch, what is held, and how many actions passed the breaker lately.

    `paused_by` turned the switch on first since it last let jobs through; None of one that nobody turned on.
    """

    connector: str
    switch: str | None
    paused_by: str | None
    paused_at: datetime | None
    held: list[HeldView]
    windows: dict[str, dict[str, int]] | None


class ChangeView(Shown):
    """A change that waits for a second requester, as it is shown to that one. `digest` is of what will be done.

    `connector` is empty for a change of the whole deployment, `base` the revision that it was compared with.
    """

    id: str
    kind: str
    connector: str
    by: str
    at: datetime
    expires_at: datetime
    differences: list[dict[str, str]]
    digest: str
    base: int


class ChangesView(Shown):
    changes: list[ChangeView]


class DeadLetterView(Shown):
    """A queued message that no worker could read."""

    id: str
    at: datetime | None
    service: str
    queue: str
    reason: str
    size: int
    digest: str
    body: str


class DeadLettersView(Shown):
    deadletters: list[DeadLetterView]


class HealthView(Shown):
    """This process works. `status` is `healthy` unless a problem of the system is critical.

    `critical` and `warnings` are the codes of problems.
    """

    status: str
    projector: str
    critical: list[str]
    warnings: list[str]
