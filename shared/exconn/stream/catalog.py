"""Every status message: number, severity and text.

1015 is the installed message of Configuration Manager's SMS_EXCHANGE_CONNECTOR, kept exactly; the other numbers are
this project's own range (50000 to 59999) and claim nothing of the vendor's numbering.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Severity(StrEnum):
    """As in Configuration Manager: information, warning, error."""

    INFORMATION = "I"
    WARNING = "W"
    ERROR = "E"


class Number(IntEnum):
    """The numbers of status messages, by name."""

    INSTALLED = 1015
    JOB_QUEUED = 50100
    JOB_CLAIMED = 50101
    JOB_WAITING = 50102
    JOB_HELD = 50103
    JOB_RELEASED = 50104
    JOB_CANCELLED = 50105
    CANCEL_MARKED = 50106
    JOB_SUCCEEDED = 50107
    JOB_FAILED = 50108
    JOB_REFUSED = 50109
    JOB_EXPIRED = 50110
    WORKER_LOST = 50111
    JOB_PAUSED = 50112
    JOB_UNPARKED = 50113
    LIST_RESTARTED = 50114
    PARTITIONS_SEALED = 50115
    JOB_NEWER = 50117
    NOT_PUT_IN = 50140
    PROBLEM_ACKNOWLEDGED = 50155
    WIPE_UNREPORTED = 50176
    PREFLIGHT_WAITS = 50180
    ISSUING = 50200
    WIPE_ISSUED = 50201
    WIPE_SENT = 50202
    WIPE_ACKNOWLEDGED = 50203
    WIPE_OVERDUE = 50205
    PARTNERSHIP_GONE = 50206
    ANSWER_UNCLEAR = 50207
    ACTION_ISSUED = 50208
    ACTION_VERIFIED = 50209
    ACTION_GONE = 50210
    POLICY_PLANNED = 50300
    POLICY_APPLIED = 50301
    POLICY_IN_STEP = 50302
    SWEEP_STARTED = 50400
    SWEEP_FINISHED = 50401
    CONNECTOR_FLAGGED = 50500
    INSTALL_FAILED = 50501
    CONNECTOR_ARMED = 50502
    CONNECTOR_DISARMED = 50503
    CONNECTOR_REMOVED = 50504
    PREFLIGHT_FAILED = 50505
    CONNECTOR_APPLIED = 50506
    ORGANIZATION_PINNED = 50507
    CHANGE_PENDING = 50510
    CHANGE_RELEASED = 50511
    CHANGE_DROPPED = 50512
    REGISTRY_CHANGED = 50520
    REGISTRY_REFUSED = 50521
    GRANT_NOT_SIGNED = 50530
    REQUESTS_REFUSED = 50540
    BRAKE_PAUSED = 50600
    BRAKE_RESUMED = 50601
    LEDGER_SET_BACK = 50602
    BRAKE_RESUMED_ALONE = 50603
    LEDGER_RECORDS_LOST = 50610
    LEDGER_TAKEN_OVER = 50611
    CLOCK_STEPPED = 50612
    DEAD_LETTER = 50700
    RUNSPACE_FAILED = 50800
    CMDLET_FAILED = 50801
    ACCOUNT_REFUSED = 50802
    RIGHT_MISSING = 50810
    CONNECTION_REFUSED = 50811
    TROUBLE_OVER = 50812
    TROUBLE_DROPPED = 50813


@dataclass(frozen=True)
class CatalogEntry:
    """A catalogue entry; `text` may name fields of the message's data in braces.

    `{reason}` is what its code says, `{label}` what people call the kind of its job.
    """

    severity: Severity
    text: str


_I, _W, _E = Severity.INFORMATION, Severity.WARNING, Severity.ERROR

CATALOG: dict[Number, CatalogEntry] = {
    Number.INSTALLED: CatalogEntry(_I, "Component SMS_EXCHANGE_CONNECTOR installed"),
    Number.JOB_QUEUED: CatalogEntry(_I, "Job queued"),
    Number.JOB_CLAIMED: CatalogEntry(_I, "Job claimed by a worker"),
    Number.JOB_WAITING: CatalogEntry(_I, "Job waits: {reason}"),
    Number.JOB_HELD: CatalogEntry(_W, "Job held for a person: {reason}"),
    Number.JOB_RELEASED: CatalogEntry(_I, "Job released"),
    Number.JOB_CANCELLED: CatalogEntry(_I, "Job cancelled"),
    Number.CANCEL_MARKED: CatalogEntry(_I, "Job marked to be cancelled"),
    Number.JOB_SUCCEEDED: CatalogEntry(_I, "Job succeeded"),
    Number.JOB_FAILED: CatalogEntry(_E, "Job failed: {reason}"),
    Number.JOB_REFUSED: CatalogEntry(_W, "Job refused: {reason}"),
    Number.JOB_EXPIRED: CatalogEntry(_W, "Job expired before it could begin"),
    Number.WORKER_LOST: CatalogEntry(_W, "Worker lost while it held the job"),
    Number.JOB_PAUSED: CatalogEntry(_W, "Job stopped by the kill switch"),
    Number.JOB_UNPARKED: CatalogEntry(_I, "Job got its turn"),
    Number.LIST_RESTARTED: CatalogEntry(_W, "List restarted as generation {generation}"),
    Number.PARTITIONS_SEALED: CatalogEntry(_I, "Waiting for {children} parts"),
    Number.JOB_NEWER: CatalogEntry(_W, "Job {left} needs a newer version than the worker that was woken for it"),
    Number.NOT_PUT_IN: CatalogEntry(_E, "No due work can be put into the ledger ({error}); what is in it goes on"),
    Number.PROBLEM_ACKNOWLEDGED: CatalogEntry(_W, "Problem {problem} {finding} acknowledged: {because}"),
    Number.WIPE_UNREPORTED: CatalogEntry(_I, "Device wipe sent to Outlook, which never reports its end"),
    Number.PREFLIGHT_WAITS: CatalogEntry(_W, "Preflight waits: {reason}"),
    Number.ISSUING: CatalogEntry(_I, "Action about to be issued to Exchange"),
    Number.WIPE_ISSUED: CatalogEntry(_I, "Device wipe issued to Exchange"),
    Number.WIPE_SENT: CatalogEntry(_I, "Device wipe sent to the device"),
    Number.WIPE_ACKNOWLEDGED: CatalogEntry(_I, "Device wipe acknowledged"),
    Number.WIPE_OVERDUE: CatalogEntry(_W, "Device wipe not acknowledged in time"),
    Number.PARTNERSHIP_GONE: CatalogEntry(_W, "Device partnership gone before the wipe was acknowledged"),
    Number.ANSWER_UNCLEAR: CatalogEntry(_W, "No clear answer from Exchange; reading back"),
    Number.ACTION_ISSUED: CatalogEntry(_I, "Device action {label} issued to Exchange"),
    Number.ACTION_VERIFIED: CatalogEntry(_I, "Device action {label} read back from Exchange"),
    Number.ACTION_GONE: CatalogEntry(_W, "Device partnership gone before the end of action {label}"),
    Number.POLICY_PLANNED: CatalogEntry(_I, "Policy compared: {drift} settings differ"),
    Number.POLICY_APPLIED: CatalogEntry(_I, "Policy applied and read back"),
    Number.POLICY_IN_STEP: CatalogEntry(_I, "Policy in step with Exchange"),
    Number.SWEEP_STARTED: CatalogEntry(_I, "Sweep {number} listed {devices} devices"),
    Number.SWEEP_FINISHED: CatalogEntry(_I, "Sweep {number} finished: {devices} devices"),
    Number.CONNECTOR_FLAGGED: CatalogEntry(_I, "Component SMS_EXCHANGE_CONNECTOR flagged for installation"),
    Number.INSTALL_FAILED: CatalogEntry(_E, "Installation failed, next try in an hour: {reason}"),
    Number.CONNECTOR_ARMED: CatalogEntry(_I, "Connector armed for {feature}"),
    Number.CONNECTOR_DISARMED: CatalogEntry(_I, "Connector disarmed for {feature}"),
    Number.CONNECTOR_REMOVED: CatalogEntry(_I, "Connector removed"),
    Number.PREFLIGHT_FAILED: CatalogEntry(_E, "Preflight failed: {reason}"),
    Number.CONNECTOR_APPLIED: CatalogEntry(_I, "Connector definition applied: revision {revision}"),
    Number.ORGANIZATION_PINNED: CatalogEntry(
        _I, "Connector is of the Exchange organization {organization} from now on"
    ),
    Number.CHANGE_PENDING: CatalogEntry(_W, "Change {change} waits for a second person: {summary}"),
    Number.CHANGE_RELEASED: CatalogEntry(_W, "Change {change} of {proposed_by} released: {summary}"),
    Number.CHANGE_DROPPED: CatalogEntry(_I, "Change {change} of {proposed_by} dropped ({why}): {summary}"),
    Number.REGISTRY_CHANGED: CatalogEntry(
        _W, "Registry of requesters changed: revision {revision}, differences: {count}"
    ),
    Number.REGISTRY_REFUSED: CatalogEntry(
        _E,
        "Registry of requesters refused: revision {revision}, but {announced} was announced; nobody is admitted by it",
    ),
    Number.GRANT_NOT_SIGNED: CatalogEntry(_W, "A release does not count, as nobody signed it for this action: {part}"),
    Number.REQUESTS_REFUSED: CatalogEntry(_W, "{count} requests without a good signature within {minutes} minutes"),
    Number.BRAKE_PAUSED: CatalogEntry(_W, "Kill switch: paused"),
    Number.BRAKE_RESUMED: CatalogEntry(_I, "Kill switch: running"),
    Number.LEDGER_SET_BACK: CatalogEntry(
        _E, "The ledger was set back from record {known} to {record}: every kill switch was turned on"
    ),
    Number.BRAKE_RESUMED_ALONE: CatalogEntry(
        _W, "Kill switch: {resumed_by} alone resumed what {first_paused_by} had paused"
    ),
    Number.LEDGER_RECORDS_LOST: CatalogEntry(
        _E, "The ledger lacks record {known} and has others in its place: every kill switch was turned on"
    ),
    Number.LEDGER_TAKEN_OVER: CatalogEntry(_W, "Another server, which was a replica, took over the ledger"),
    Number.CLOCK_STEPPED: CatalogEntry(_W, "The clock of the ledger's server was set {direction} by {seconds} seconds"),
    Number.DEAD_LETTER: CatalogEntry(_W, "A message could not be read: {problem}"),
    Number.RUNSPACE_FAILED: CatalogEntry(_W, "Failed to open runspace for site {site_name}"),
    Number.CMDLET_FAILED: CatalogEntry(_E, "Invoking cmdlet {cmdlet} failed"),
    Number.ACCOUNT_REFUSED: CatalogEntry(_E, "Account {account} cannot be used: {reason}"),
    Number.RIGHT_MISSING: CatalogEntry(_E, "Account {account} lacks a right: {reason}"),
    Number.CONNECTION_REFUSED: CatalogEntry(_E, "Exchange cannot be used at the connector's address: {reason}"),
    Number.TROUBLE_OVER: CatalogEntry(_I, "Works again: {subject}"),
    Number.TROUBLE_DROPPED: CatalogEntry(_I, "No longer used by the connector: {subject}"),
}
