"""What holds in every state of every world; the documentation has the same table."""

from collections.abc import Mapping

INVARIANTS: Mapping[str, str] = {
    "issued once": (
        "No wipe takes effect in Exchange twice, unless a person wants it anew after it was taken back or never shown; "
        "none is sent after somebody was told that it is cancelled; none is taken back by the cancellation of another "
        "one."
    ),
    "not stale": "No wipe goes to a partnership that the last look showed to be another one than was meant.",
    "the outcome is true": "What has begun does not end as refused or expired.",
    "begun is recorded": "No wipe is sent without a record of its own that it has begun.",
    "every job ends": "From each state, without further faults, each job ends or stands before a person.",
    "the brakes hold": (
        "No more wipes pass the breaker than it lets through and persons release, and none begins while the kill "
        "switch is on. Who asked for wipes does not resume what another one paused too, unless that one wants it as "
        "well. The connectors of an organization have one breaker."
    ),
    "one wipe of a phone": (
        "A phone has one open wipe. One that is held gives way to another requester's and never begins then; one that "
        "has begun gives way to nobody. Nobody has more open than the bound."
    ),
    "signed once": (
        "Whatever a fallen service writes into jobs: what was signed does not go to Exchange twice, unless a person "
        "who was asked wants it; and no wipe begins with limits that its worker has not verified."
    ),
    "parts are counted": "A sweep waits for exactly its open parts, does not end before them, and no part is held.",
    "what is confirmed stays": (
        "With confirmation, a fail-over that lacks the last two records loses no wipe that was accepted, begun or "
        "cancelled."
    ),
}
