"""The codes of problems: what programs, metrics and alerts compare. What people read is in `problem_texts.py`."""

from enum import StrEnum


class ProblemSeverity(StrEnum):
    """How bad a problem is.

    Critical: work that was accepted, or the record of it, stands still or is in danger until somebody acts.
    Warning: the system works, and a person has to decide or to look.
    """

    CRITICAL = "critical"
    WARNING = "warning"


class ProblemCode(StrEnum):
    """What is wrong, in the order in which it is shown."""

    LEDGER_UNREACHABLE = "ledger_unreachable"
    LEDGER_SET_BACK = "ledger_set_back"
    LEDGER_UNREADABLE = "ledger_unreadable"
    LEDGER_FULL = "ledger_full"
    STREAM_ENDED = "stream_ended"
    RECORDS_MISSING = "records_missing"
    HISTORY_MISSING = "history_missing"
    RECORD_NOT_SIGNED = "record_not_signed"
    AUDIT_BROKEN = "audit_broken"
    JOB_DIFFERS = "job_differs"
    CONNECTOR_DIFFERS = "connector_differs"
    STREAM_ALARM = "stream_alarm"
    NO_PROJECTOR = "no_projector"
    PROJECTOR_BEHIND = "projector_behind"
    SERVICE_MISSING = "service_missing"
    REGISTRY_REFUSED = "registry_refused"
    DOORBELLS_UNHEARD = "doorbells_unheard"
    WORK_WAITS = "work_waits"
    ACCOUNT_REFUSED = "account_refused"
    RIGHT_MISSING = "right_missing"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTOR_NOT_INSTALLED = "connector_not_installed"
    CHANGE_PENDING = "change_pending"
    RELEASE_WANTED = "release_wanted"
    ACTIONS_UNDELIVERED = "actions_undelivered"
    ACTIONS_HELD = "actions_held"
    ACTIONS_DELAYED = "actions_delayed"
    WORKER_KILLED = "worker_killed"
    KILL_SWITCH_ON = "kill_switch_on"
    JOBS_HELD = "jobs_held"
    REGISTRY_WIDER_THAN_FACTORY = "registry_wider_than_factory"
    BOUNDS_NOT_SET = "bounds_not_set"
    LEDGER_TAKEN_OVER = "ledger_taken_over"
    CLOCK_STEPPED = "clock_stepped"
    LEDGER_NEARLY_FULL = "ledger_nearly_full"
    PROCESS_SILENT = "process_silent"
    WORKERS_LOST = "workers_lost"
    EXCHANGE_FAILS = "exchange_fails"
    SWEEP_FAILED = "sweep_failed"
    READING_INCOMPLETE = "reading_incomplete"
    SWEEP_OVERDUE = "sweep_overdue"
    REQUESTS_REFUSED = "requests_refused"
    AUDIT_NOT_ANCHORED = "audit_not_anchored"
    AUDIT_UNVERIFIED = "audit_unverified"
    DEAD_LETTERS = "dead_letters"
    RECORDS_PUT_ASIDE = "records_put_aside"
    NEWER_RECORDS = "newer_records"
    RECORDS_UNCHECKED = "records_unchecked"
