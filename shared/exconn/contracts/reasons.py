"""Why a job waits, is held, was refused or ended: a code each.

Programs compare codes only; what people read of them is in `reason_texts`.
"""

from enum import StrEnum


class HoldReason(StrEnum):
    """Why a job is held for a person."""

    BREAKER = "breaker"
    QUOTA = "quota"
    SECOND_PERSON = "second_person"
    PARTNERSHIP_DIFFERS = "partnership_differs"
    NO_DEVICE_ID = "no_device_id"
    NO_MAILBOX = "no_mailbox"
    UNKNOWN_BEFORE = "unknown_before"
    NOT_AS_SEEN = "not_as_seen"
    UNDELIVERED = "undelivered"
    TAKEN_BACK = "taken_back"
    NOT_SHOWN = "not_shown"
    USE_INTUNE = "use_intune"
    UNKNOWN_KEY = "unknown_key"
    NOT_SEALED = "not_sealed"
    OTHER_ORGANIZATION = "other_organization"
    NO_STATISTICS = "no_statistics"
    NOT_ARMED = "not_armed"
    REFUSED_BY_EXCHANGE = "refused_by_exchange"
    NO_CLEAR_ANSWER = "no_clear_answer"
    BLOCKED_BY_SCAN = "blocked_by_scan"
    CANCEL_REFUSED = "cancel_refused"
    CANCEL_WITHOUT_EFFECT = "cancel_without_effect"
    CANCEL_NOT_AS_SIGNED = "cancel_not_as_signed"
    CANCEL_WANTED = "cancel_wanted"
    UNPROVEN = "unproven"
    INVALID_COMMAND = "invalid_command"
    OBJECT_NOT_FOUND = "object_not_found"
    KILLS_ITS_WORKER = "kills_its_worker"
    UNREADABLE_PAYLOAD = "unreadable_payload"
    UNKNOWN_KIND = "unknown_kind"
    UNEXPECTED_FAILURES = "unexpected_failures"
    NO_DEFAULT_POLICY = "no_default_policy"
    SEVERAL_DEFAULT_POLICIES = "several_default_policies"
    EMPTY_GROUP = "empty_group"
    READ_BACK_DIFFERS = "read_back_differs"
    OTHER_UNIT = "other_unit"


class WaitReason(StrEnum):
    """Why a job was put off."""

    KILL_SWITCH = "kill_switch"
    NO_SEAT = "no_seat"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    UNANSWERED = "unanswered"
    SESSION_GONE = "session_gone"
    PROXY_FAILED = "proxy_failed"
    TRANSIENT = "transient"
    ANSWER_UNCLEAR = "answer_unclear"
    UNCONFIRMED = "unconfirmed"
    LEDGER_FULL = "ledger_full"
    PART_NOT_TAKEN = "part_not_taken"
    UNEXPECTED_FAILURE = "unexpected_failure"
    DEVICE_NOT_SHOWN = "device_not_shown"
    STATISTICS_NOT_SHOWN = "statistics_not_shown"
    DEVICE_SILENT = "device_silent"
    NOT_ACKNOWLEDGED_YET = "not_acknowledged_yet"
    ACTION_NOT_SHOWN_YET = "action_not_shown_yet"
    ACTION_NOT_SHOWN_ANY_MORE = "action_not_shown_any_more"
    CANCEL_NOT_SHOWN_YET = "cancel_not_shown_yet"
    VALUES_NOT_SHOWN_YET = "values_not_shown_yet"
    MONITOR_BEHIND = "monitor_behind"
    REGISTER_FULL = "register_full"
    REGISTER_UNREACHABLE = "register_unreachable"
    REGISTRY_UNUSABLE = "registry_unusable"
    INSTALL_FAILED = "install_failed"
    RIGHTS_NOT_SHOWN_YET = "rights_not_shown_yet"
    NEWER_DEFINITION = "newer_definition"
    ACCOUNT_REFUSED = "account_refused"
    CMDLET_MISSING = "cmdlet_missing"
    PARAMETER_MISSING = "parameter_missing"
    UNTRUSTED_CERTIFICATE = "untrusted_certificate"
    WRONG_ENDPOINT = "wrong_endpoint"
    SSL_REQUIRED = "ssl_required"
    ENDPOINT_REFUSED = "endpoint_refused"
    NOT_PERMITTED = "not_permitted"


class RefuseReason(StrEnum):
    """Why an accepted job ended as refused."""

    NOT_AS_SIGNED = "not_as_signed"
    ACKNOWLEDGED_SINCE = "acknowledged_since"
    ENROLLED_SINCE = "enrolled_since"
    PLAN_UNKNOWN = "plan_unknown"
    DEFINITION_CHANGED = "definition_changed"
    EXCHANGE_CHANGED = "exchange_changed"
    POLICY_NOT_ARMED = "policy_not_armed"
    NO_APPLY_KEPT = "no_apply_kept"


class EndReason(StrEnum):
    """Why a job ended in another way than by success or refusal."""

    CONNECTOR_REMOVED = "connector_removed"
    NO_LONGER_COUNTED = "no_longer_counted"
    TIME_PASSED = "time_passed"
    NOT_PROVEN = "not_proven"
    WIPE_OF_OTHERS = "wipe_of_others"
    PARTNERSHIP_GONE = "partnership_gone"
    SERVICE_ENDED = "service_ended"
    RIGHTS_MISSING = "rights_missing"


Reason = HoldReason | WaitReason | RefuseReason | EndReason

#: Troubles: an account, a right of it, or the connection to Exchange cannot be used. It is a state of theirs, whose end
#: jobs wait for, and never one of a job.
TROUBLES = frozenset(
    {
        WaitReason.ACCOUNT_REFUSED,
        WaitReason.CMDLET_MISSING,
        WaitReason.PARAMETER_MISSING,
        WaitReason.UNTRUSTED_CERTIFICATE,
        WaitReason.WRONG_ENDPOINT,
        WaitReason.SSL_REQUIRED,
        WaitReason.ENDPOINT_REFUSED,
        WaitReason.NOT_PERMITTED,
    }
)

#: A brake holds the job: only a release lets it go on, and lets it pass the brakes once.
BRAKES = frozenset({HoldReason.BREAKER, HoldReason.QUOTA})
#: They say themselves that a cancellation is wanted, and what stands in its way.
CANCELLATIONS = frozenset(
    {
        HoldReason.CANCEL_REFUSED,
        HoldReason.CANCEL_WITHOUT_EFFECT,
        HoldReason.CANCEL_NOT_AS_SIGNED,
        HoldReason.CANCEL_WANTED,
    }
)
