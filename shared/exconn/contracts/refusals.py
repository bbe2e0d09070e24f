"""Every word with which intake says no, or not yet: what it means to HTTP, to a command, and to who sends it again.

A word is never given another meaning, and none is taken away: other systems branch on them. `docs/refusals.md` shows
the same rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

#: What a command ends with; the numbers are those of every command and service.
BAD_INPUT: Literal[2] = 2
NOT_FOUND: Literal[3] = 3
REFUSED: Literal[4] = 4
UNREACHABLE: Literal[6] = 6


class Refusal(StrEnum):
    """The value of `error` in an answer of intake."""

    MALFORMED = "malformed"
    TOO_LONG = "too_long"
    TOO_SLOW = "too_slow"
    BAD_PATH = "bad_path"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOT_FOUND = "not_found"
    UNKNOWN_REQUEST = "unknown_request"
    UNKNOWN_KEY = "unknown_key"
    KEY_EXPIRED = "key_expired"
    SIGNATURE = "signature"
    NOT_TOUCHED = "not_touched"
    HARDWARE_KEY = "hardware_key"
    REQUESTER_MISMATCH = "requester_mismatch"
    NOT_ALLOWED = "not_allowed"
    NEW_KEY = "new_key"
    NEW_RIGHT = "new_right"
    WRONG_AUDIENCE = "wrong_audience"
    PRESENT_BY = "present_by"
    VALID_UNTIL = "valid_until"
    EXPIRED = "expired"
    REPLAYED = "replayed"
    BAD_TARGET = "bad_target"
    DEFINITION = "definition"
    UNKNOWN_CONNECTOR = "unknown_connector"
    UNKNOWN_DEVICE = "unknown_device"
    NOT_AS_SEEN = "not_as_seen"
    UNKNOWN_JOB = "unknown_job"
    NOT_INSTALLED = "not_installed"
    NO_ORGANIZATION = "no_organization"
    NOT_ARMED = "not_armed"
    NO_ACCOUNT = "no_account"
    NO_POLICY = "no_policy"
    CONNECTOR = "connector"
    OPEN_ACTION = "open_action"
    OPEN_ACTIONS = "open_actions"
    OPEN_SWEEP = "open_sweep"
    TOO_MANY_OPEN = "too_many_open"
    NOT_HELD = "not_held"
    SECOND_PERSON = "second_person"
    TOO_EARLY = "too_early"
    UNCONFIRMED = "unconfirmed"
    UNREACHABLE = "unreachable"
    FULL = "full"
    NO_REGISTRY = "no_registry"
    BUSY = "busy"


@dataclass(frozen=True)
class RefusalRow:
    """What one word means. `passing`: the same bytes are judged anew, and may be accepted later."""

    status: int
    exit_code: Literal[2, 3, 4, 6]
    meaning: str
    passing: bool = False


REFUSALS: Mapping[Refusal, RefusalRow] = MappingProxyType(
    {
        Refusal.MALFORMED: RefusalRow(400, BAD_INPUT, "the bytes are no envelope, or what was signed is no request"),
        Refusal.TOO_LONG: RefusalRow(413, BAD_INPUT, "the envelope is longer than 64 KB"),
        Refusal.TOO_SLOW: RefusalRow(408, UNREACHABLE, "the body did not come within 5 seconds", passing=True),
        Refusal.BAD_PATH: RefusalRow(400, BAD_INPUT, "the path holds no requester and nonce"),
        Refusal.METHOD_NOT_ALLOWED: RefusalRow(405, BAD_INPUT, "the path takes another HTTP method: see `Allow`"),
        Refusal.NOT_FOUND: RefusalRow(404, NOT_FOUND, "intake has no such path"),
        Refusal.UNKNOWN_REQUEST: RefusalRow(404, NOT_FOUND, "no answer to that requester and nonce is kept"),
        Refusal.UNKNOWN_KEY: RefusalRow(403, REFUSED, "the registry of requesters does not know the key", passing=True),
        Refusal.KEY_EXPIRED: RefusalRow(403, REFUSED, "the registry let the key count until now only", passing=True),
        Refusal.SIGNATURE: RefusalRow(403, REFUSED, "the signature does not match the bytes"),
        Refusal.NOT_TOUCHED: RefusalRow(403, REFUSED, "the hardware key signed without being touched"),
        Refusal.HARDWARE_KEY: RefusalRow(
            403, REFUSED, "requests of this kind count only when a hardware key signed them", passing=True
        ),
        Refusal.REQUESTER_MISMATCH: RefusalRow(403, REFUSED, "the key belongs to another requester", passing=True),
        Refusal.NOT_ALLOWED: RefusalRow(
            403, REFUSED, "the registry does not give the requester this kind, or this connector", passing=True
        ),
        Refusal.NEW_KEY: RefusalRow(
            403,
            REFUSED,
            "the key is new in the registry, and may not release or resume yet",
            passing=True,
        ),
        Refusal.NEW_RIGHT: RefusalRow(
            403, REFUSED, "the registry gave the requester this right lately, and it does not count yet", passing=True
        ),
        Refusal.WRONG_AUDIENCE: RefusalRow(
            403, REFUSED, "it was signed for another deployment or organization, or does not say for which"
        ),
        Refusal.PRESENT_BY: RefusalRow(400, BAD_INPUT, "`present_by` is more than 15 minutes ahead"),
        Refusal.VALID_UNTIL: RefusalRow(400, BAD_INPUT, "`valid_until` is more than 30 days ahead"),
        Refusal.EXPIRED: RefusalRow(410, REFUSED, "`present_by` or `valid_until` has passed"),
        Refusal.REPLAYED: RefusalRow(409, REFUSED, "the nonce was used before, with other content"),
        Refusal.BAD_TARGET: RefusalRow(400, BAD_INPUT, "the target lacks what this kind of request needs"),
        Refusal.DEFINITION: RefusalRow(400, BAD_INPUT, "the definition cannot be used; `details` lists every problem"),
        Refusal.UNKNOWN_CONNECTOR: RefusalRow(404, NOT_FOUND, "no connector of that name"),
        Refusal.UNKNOWN_DEVICE: RefusalRow(404, NOT_FOUND, "no device with that GUID was discovered"),
        Refusal.NOT_AS_SEEN: RefusalRow(
            409, REFUSED, "the device is not what was seen: `details.differs` says in which of `target.seen`"
        ),
        Refusal.UNKNOWN_JOB: RefusalRow(404, NOT_FOUND, "the connector has no such job"),
        Refusal.NOT_INSTALLED: RefusalRow(409, REFUSED, "the connector is not installed yet"),
        Refusal.NO_ORGANIZATION: RefusalRow(
            409, REFUSED, "the connector counts as installed, and nobody knows for which organization"
        ),
        Refusal.NOT_ARMED: RefusalRow(409, REFUSED, "the connector only observes: the feature is not armed"),
        Refusal.NO_ACCOUNT: RefusalRow(409, REFUSED, "the definition names no account for this"),
        Refusal.NO_POLICY: RefusalRow(409, REFUSED, "the definition guards no group of settings"),
        Refusal.CONNECTOR: RefusalRow(409, REFUSED, "the state of the connector does not permit it"),
        Refusal.OPEN_ACTION: RefusalRow(409, REFUSED, "the device has an open action, which `job` names"),
        Refusal.OPEN_ACTIONS: RefusalRow(409, REFUSED, "the connector has open actions, listed in `details`"),
        Refusal.OPEN_SWEEP: RefusalRow(409, REFUSED, "a sweep is under way, which `job` names"),
        Refusal.TOO_MANY_OPEN: RefusalRow(
            429, REFUSED, "the requester has four times the actions open that its quota gives it a day", passing=True
        ),
        Refusal.NOT_HELD: RefusalRow(409, REFUSED, "the job is not held, so there is nothing to release"),
        Refusal.SECOND_PERSON: RefusalRow(403, REFUSED, "nobody releases a request of their own"),
        Refusal.TOO_EARLY: RefusalRow(
            409, REFUSED, "a single administrator may do it an hour after it was asked, or paused"
        ),
        Refusal.UNCONFIRMED: RefusalRow(
            503, UNREACHABLE, "too few replicas or disks confirmed it in time: it may run", passing=True
        ),
        Refusal.UNREACHABLE: RefusalRow(
            503, UNREACHABLE, "the ledger did not answer: it may run, or not", passing=True
        ),
        Refusal.FULL: RefusalRow(503, UNREACHABLE, "the ledger takes no new jobs", passing=True),
        Refusal.NO_REGISTRY: RefusalRow(
            503, UNREACHABLE, "the registry of requesters cannot be used, so nobody is admitted", passing=True
        ),
        Refusal.BUSY: RefusalRow(503, UNREACHABLE, "too many requests are being worked on", passing=True),
    }
)

#: A word of a newer intake.
UNKNOWN = RefusalRow(409, REFUSED, "a refusal that this version does not know")


def row_of(error: str | None) -> RefusalRow:
    """The row of a word in an answer. A word that is not known counts as a refusal for good."""
    try:
        return REFUSALS[Refusal(error or "")]
    except ValueError:
        return UNKNOWN
