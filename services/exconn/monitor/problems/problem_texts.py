"""The table of problems: for each code how severe it is, what people read, and what to do. One row for each code.

What finds them is listed in `finders.py`. The operations page shows this table. `text` and `command` may name fields of
a problem in braces.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from exconn.monitor.problems.codes import ProblemCode, ProblemSeverity

#: The read model may be so far behind the streams.
MOST_LAG = timedelta(seconds=60)
#: A job that a worker could take is taken within this time.
TAKEN_WITHIN = timedelta(minutes=5)
#: An action that was asked for is in Exchange within this time.
DONE_WITHIN = timedelta(minutes=15)
#: A new connector is installed within this time.
INSTALLED_WITHIN = timedelta(minutes=15)
#: So many periods of its schedule may pass without a finished sweep.
SWEEP_PERIODS = 2
#: Failures of Exchange count as present for this time, lost workers for an hour.
EXCHANGE_FAILED_WITHIN = timedelta(minutes=15)
LOST_WITHIN = timedelta(hours=1)
MOST_LOST = 3
#: Nobody can take back what was put aside, so it is shown for a time and then only listed.
LETTERS_SHOWN = timedelta(days=1)
ASIDE_SHOWN = timedelta(days=7)
#: What happened to the ledger's server is shown for a day.
SERVER_CHANGED_WITHIN = timedelta(days=1)
#: From here on the ledger server counts as nearly full.
NEARLY_FULL_PERCENT = 85

_C, _W = ProblemSeverity.CRITICAL, ProblemSeverity.WARNING
_HELD = "exconn jobs list --state held --connector {connector} --kind {kind}"


@dataclass(frozen=True)
class ProblemRow:
    """What people read of a code.

    `text` says what is wrong, `meaning` why that matters, `remedy` what to do; `command` is what to type next.
    """

    severity: ProblemSeverity
    text: str
    meaning: str
    remedy: str
    command: str = ""


PROBLEMS: Mapping[ProblemCode, ProblemRow] = {
    ProblemCode.LEDGER_UNREACHABLE: ProblemRow(
        _C,
        "the ledger does not answer the monitor",
        "nothing new is accepted or begun; what is shown is what was last recorded",
        "start the ledger server or correct EXCONN_LEDGER_URL; jobs in it go on by themselves",
    ),
    ProblemCode.LEDGER_SET_BACK: ProblemRow(
        _C,
        "the ledger was set back: kill switches are on until somebody has compared",
        "it forgot what happened since, also wipes that were issued",
        "compare what the monitor shows with the ledger, then resume; see [below](#a-restored-ledger). "
        "A number that was given twice is [acknowledged](#findings)",
        "exconn brakes show {connector}",
    ),
    ProblemCode.LEDGER_UNREADABLE: ProblemRow(
        _C,
        "the ledger has what this monitor cannot read; not looked for: {finders}",
        "somebody writes into the ledger what no service writes, and those problems are not found meanwhile",
        "find out which service wrote it, and take it out",
    ),
    ProblemCode.LEDGER_FULL: ProblemRow(
        _C,
        "the ledger server is full: {percent} % of its maxmemory is used",
        "it takes no new jobs; those in it go on",
        "raise its maxmemory; see that a monitor projects, as only what it has read can be forgotten",
    ),
    ProblemCode.STREAM_ENDED: ProblemRow(
        _C,
        "the stream {stream} takes no more records",
        "somebody wrote a record with the highest id that there is; what would have to be on record is not done",
        "mend it, and find out who wrote it; see [below](#a-stream-that-takes-no-more-records)",
    ),
    ProblemCode.RECORDS_MISSING: ProblemRow(
        _C,
        "status messages are missing from the stream",
        "the record of what happened has a gap",
        "find out who changed the stream; compare open actions with Exchange; then [acknowledge](#findings) it",
    ),
    ProblemCode.HISTORY_MISSING: ProblemRow(
        _C,
        "messages were confirmed into another database and are not in this one",
        "what is shown begins later than what happened",
        "point EXCONN_MONITOR_DATABASE at the database used before, or [acknowledge](#findings) where history starts",
    ),
    ProblemCode.RECORD_NOT_SIGNED: ProblemRow(
        _C,
        "messages say of an action what no worker signed",
        "somebody writes into the record; the action stays shown as it was before",
        "look at the action in Exchange; find out which service wrote it; then [acknowledge](#findings) it",
    ),
    ProblemCode.AUDIT_BROKEN: ProblemRow(
        _C,
        "the audit log does not verify",
        "somebody has changed the record of what happened: the text names the messages",
        "find out who writes the monitor's database, and put it back from a backup; then "
        "`python -m exconn.monitor verify`, or wait for the next night; see [below](#the-audit-log). "
        "Where there is no backup, [acknowledge](#findings) what was found",
    ),
    ProblemCode.JOB_DIFFERS: ProblemRow(
        _C,
        "the ledger has an action otherwise than its messages tell",
        "somebody changed or removed a job: it may never be done, or be done once more",
        "look at the action in Exchange; find out who changed the ledger; then [acknowledge](#findings) it",
    ),
    ProblemCode.CONNECTOR_DIFFERS: ProblemRow(
        _C,
        "the state of the connector says otherwise than intake has pinned: {parts}",
        "somebody writes the states of connectors; what is pinned counts, and not what the state says",
        "find out which service wrote it; then apply the definition again, which writes the state anew",
        "exconn connector show {connector}",
    ),
    ProblemCode.STREAM_ALARM: ProblemRow(
        _C,
        "the projector raised the alarm {name}",
        "something is wrong with a stream; the text of the alarm says what",
        "what the alarm says",
    ),
    ProblemCode.NO_PROJECTOR: ProblemRow(
        _C,
        "no monitor projects",
        "what is shown stands still, and the ledger fills up; jobs go on",
        "look at the monitors' logs; start one: `exconn run monitor`",
        "exconn run monitor",
    ),
    ProblemCode.PROJECTOR_BEHIND: ProblemRow(
        _C,
        "the projector lags: what is shown is {seconds} s old",
        "the monitor does not keep up, or its database is locked; jobs go on meanwhile",
        "look at the log of the monitor that projects, and at its database",
    ),
    ProblemCode.SERVICE_MISSING: ProblemRow(
        _C,
        "no {service} process is running",
        "its work stands still; nothing is lost",
        "start one: `exconn run SERVICE`",
        "exconn run {service}",
    ),
    ProblemCode.REGISTRY_REFUSED: ProblemRow(
        _C,
        "an intake has a registry of requesters that does not count (revision {revision}), and admits nobody",
        "a later revision was announced, or another content under the same number",
        "bring the newest file to every machine; a change takes the next `revision`",
        "exconn messages list --severity error",
    ),
    ProblemCode.DOORBELLS_UNHEARD: ProblemRow(
        _C,
        "no doorbell comes through to {count} {service} {processes}",
        "they show signs of life and take nothing from their queue, or their child processes do not work",
        "look at their logs; start them again: nothing is lost",
    ),
    ProblemCode.WORK_WAITS: ProblemRow(
        _C,
        "{count} {jobs} for {service} {wait} for a worker",
        "a job that could be taken was not taken within 5 minutes: workers are away, stuck, or too few",
        "look at the workers' logs; start more of them",
        "exconn jobs list --state queued --connector {connector}",
    ),
    ProblemCode.ACCOUNT_REFUSED: ProblemRow(
        _C,
        "Exchange refuses account {account}",
        "work with this account stands still and is tried again now and then",
        "correct the password file or the account; `exconn doctor` on the worker's place says more",
        "exconn doctor {connector}",
    ),
    ProblemCode.RIGHT_MISSING: ProblemRow(
        _C,
        "account {account} lacks {right}",
        "work that needs the right stands still",
        "run the role script of the service; `exconn doctor` names the role",
        "exconn doctor {connector}",
    ),
    ProblemCode.CONNECTION_REFUSED: ProblemRow(
        _C,
        "Exchange cannot be used at the connector's address: {reason}",
        "all work of the connector stands still and is tried again now and then",
        "correct the connector's definition and apply it; [what each reason means](#when-exchange-refuses)",
        "exconn doctor {connector}",
    ),
    ProblemCode.CONNECTOR_NOT_INSTALLED: ProblemRow(
        _C,
        "the connector is not installed",
        "its installation failed, or took longer than 15 minutes; it is tried again every hour",
        "the connector's last error says why",
        "exconn connector show {connector}",
    ),
    ProblemCode.CHANGE_PENDING: ProblemRow(
        _W,
        "changes that wait for a second person: {count}",
        "each widens a limit, moves an address or secret, or is new in the registry; a thief may have proposed it",
        "look at the difference, then release it; if nobody knows of it, cancel it, or correct the registry",
        "exconn brakes show {connector}",
    ),
    ProblemCode.RELEASE_WANTED: ProblemRow(
        _W,
        "{count} {jobs} {wait} for a second person: {reason}",
        "brakes hold what exceeds a limit, and dangerous changes",
        "look at who asked for what, then release or cancel it",
        "exconn brakes show {connector}",
    ),
    ProblemCode.ACTIONS_UNDELIVERED: ProblemRow(
        _W,
        "{count} {jobs} passed the deadline",
        "the device did not come; the action stays pending in Exchange and is looked at once a day (message 50205)",
        "wait for the phone, or cancel the action",
        _HELD,
    ),
    ProblemCode.ACTIONS_HELD: ProblemRow(
        _W,
        "{count} {jobs} held: {reason}",
        "a person must decide; until then nothing more is done about the device",
        "each held job shows its reason and the next command",
        _HELD,
    ),
    ProblemCode.ACTIONS_DELAYED: ProblemRow(
        _W,
        "{count} {jobs} asked for more than 15 minutes ago and not in Exchange: {reason}",
        "each is tried again by itself until its request is no longer valid, then it expires",
        "the waiting job says what it met; see that Exchange and its domain controllers answer",
        "exconn jobs list --state waiting --connector {connector} --kind {kind}",
    ),
    ProblemCode.WORKER_KILLED: ProblemRow(
        _W,
        "{count} {jobs} held: three workers in a row were lost with each",
        "something about the job ends its worker",
        "look at the log of the worker for what ended it, then retry the job",
        _HELD,
    ),
    ProblemCode.KILL_SWITCH_ON: ProblemRow(
        _W,
        "the kill switch is on",
        "nothing is erased, disconnected, blocked or changed until somebody resumes",
        "find out why it was paused, then resume",
        "exconn brakes resume {connector}",
    ),
    ProblemCode.JOBS_HELD: ProblemRow(
        _W,
        "{count} {jobs} held: {reason}",
        "a person must decide",
        "each held job shows its reason and the next command",
        _HELD,
    ),
    ProblemCode.REGISTRY_WIDER_THAN_FACTORY: ProblemRow(
        _W,
        "the registry of requesters lets more through than the factory's bounds: {fields}",
        "a stolen key can wipe as much as the bounds let through",
        "take those bounds out of the registry, or make them tighter, with the next `revision`",
        "exconn requesters show",
    ),
    ProblemCode.BOUNDS_NOT_SET: ProblemRow(
        _W,
        "{count} {service} {processes} without {settings}",
        "a definition that two people signed can send their passwords to any host, or have them read any file",
        "set them for these workers: hosts and ways to sign in of your Exchange, and the folder of their secrets",
        "exconn doctor",
    ),
    ProblemCode.LEDGER_TAKEN_OVER: ProblemRow(
        _W,
        "another server, which was a replica, took over the ledger within a day",
        "what the one before had not handed over is lost where nothing confirmed it (message 50611)",
        "find out why; bring the other server back as a replica",
        "exconn messages list",
    ),
    ProblemCode.CLOCK_STEPPED: ProblemRow(
        _W,
        "the clock of the ledger's server was set, within a day: {count}",
        "set back, nothing waits longer; set forward, leases, waits and windows of limits end early (message 50612)",
        "see that the server's clock is kept by NTP; after a step forward look at what was wiped since",
        "exconn messages list",
    ),
    ProblemCode.LEDGER_NEARLY_FULL: ProblemRow(
        _W,
        "the ledger server is nearly full: {percent} % of its maxmemory is used",
        "once it is full, it takes no new jobs",
        "raise its maxmemory; see that a monitor projects",
    ),
    ProblemCode.PROCESS_SILENT: ProblemRow(
        _W,
        "{count} {service} {processes} without a sign of life",
        "it hangs, or was killed; another one does its work. It is forgotten an hour later, when a process starts",
        "look at its log; start it again: nothing is lost",
        "exconn run {service}",
    ),
    ProblemCode.WORKERS_LOST: ProblemRow(
        _W,
        "workers were lost {count} times within an hour",
        "a lease ran out (message 50111). Once is a kill; three in a row hold the job",
        "look at the workers' logs, and at their memory",
        "exconn messages list --connector {connector} --severity warning",
    ),
    ProblemCode.EXCHANGE_FAILS: ProblemRow(
        _W,
        "sessions or cmdlets that Exchange refused, within 15 minutes: {count}",
        "the text of message 50800 or 50801 names site or cmdlet",
        "the reason of the job says why; [what each reason means](#when-exchange-refuses)",
        "exconn messages list --connector {connector}",
    ),
    ProblemCode.SWEEP_FAILED: ProblemRow(
        _W,
        "the newest sweep did not succeed",
        "devices are shown as an earlier sweep found them",
        "the sweep's reason says why; start another one, or wait for the next",
        "exconn sweeps list --connector {connector}",
    ),
    ProblemCode.READING_INCOMPLETE: ProblemRow(
        _W,
        "the newest sweep could not read everything: {count} missing",
        "what it could not read is shown as it was, and nothing was removed; the rest is up to date",
        "the sweep names mailboxes, objects and kinds of errors: mend them in Exchange, or wait for the next sweep",
        "exconn sweeps list --connector {connector}",
    ),
    ProblemCode.SWEEP_OVERDUE: ProblemRow(
        _W,
        "no sweep was finished for two periods of its schedule",
        "devices are shown as they were; new ones are unknown",
        "look at the open sweep and its parts",
        "exconn sweeps list --connector {connector}",
    ),
    ProblemCode.REQUESTS_REFUSED: ProblemRow(
        _W,
        "requests whose signature was not good, within the hour: {count}",
        "somebody tries keys or forges requests, or signs with a key that the registry does not know; none was done",
        "find out who sends them; they say key, kind of fault and time",
        "exconn audit refused",
    ),
    ProblemCode.AUDIT_NOT_ANCHORED: ProblemRow(
        _W,
        "a second place of the audit log lacks checkpoints",
        "a log that is cut off together with its checkpoints would not be noticed",
        "see that EXCONN_AUDIT_ANCHOR_FILE can be written, and the server of EXCONN_AUDIT_SYSLOG reached; "
        "it gets the newest checkpoint then",
    ),
    ProblemCode.AUDIT_UNVERIFIED: ProblemRow(
        _W,
        "the audit log was not verified to its end",
        "a change of the record of what happened would not be noticed",
        "see that EXCONN_AUDIT_ANCHOR_FILE can be read; give it more time with EXCONN_AUDIT_VERIFY_WITHIN; "
        "then `python -m exconn.monitor verify`, or wait for the next night",
        "exconn audit verify",
    ),
    ProblemCode.DEAD_LETTERS: ProblemRow(
        _W,
        "messages that no worker could read, within a day: {count}",
        "somebody pushes to a queue what no worker can read",
        "find out who pushes them",
        "exconn deadletters list",
    ),
    ProblemCode.RECORDS_PUT_ASIDE: ProblemRow(
        _W,
        "stream records that could not be read and were put aside, within a week: {count}",
        "the rest went on; they are in the table `poison` of the monitor's database",
        "find out who wrote them",
    ),
    ProblemCode.NEWER_RECORDS: ProblemRow(
        _W,
        "a newer version wrote records that this monitor cannot read",
        "they are put aside, or their devices stay as they were last seen",
        "start the monitor of the newer version: it takes them back",
    ),
    ProblemCode.RECORDS_UNCHECKED: ProblemRow(
        _W,
        "records of actions are not signed, or this monitor does not check them",
        "every service could write that a device was erased",
        "set EXCONN_ACTIONS_KEY_FILE for device actions, and EXCONN_ACTIONS_PUBLIC_KEY_FILE for the monitor",
    ),
}
