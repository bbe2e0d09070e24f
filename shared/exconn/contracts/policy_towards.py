"""Towards what a policy plan goes, and what a plan back leaves as it is."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Goal(StrEnum):
    """What the values of a plan are."""

    #: What the definition of the connector says.
    DEFINITION = "definition"
    #: What Exchange had before the groups were taken.
    BEFORE = "before"
    #: What one apply found.
    UNDO = "undo"


class Towards(BaseModel):
    """The goal of a plan; `group` narrows `before`, `job` is the apply of `undo`: None is the newest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    goal: Goal = Goal.DEFINITION
    group: str | None = Field(default=None, max_length=64)
    job: str | None = Field(default=None, pattern=r"^[a-z][a-z-]{1,30}-[a-z2-7]{16}$")


TO_DEFINITION = Towards()


class Leaves(StrEnum):
    """Why a plan back leaves a setting as it is."""

    #: Exchange shows another value than was set last.
    CHANGED_SINCE = "changed_since"
    #: It differs from before, and was never set from here.
    NOT_SET_HERE = "not_set_here"
    #: It was not set before, and no value says that.
    WAS_NOT_SET = "was_not_set"
    #: The values were those of a policy that is the default no more.
    OTHER_POLICY = "other_policy"


_TEXTS = {
    Leaves.CHANGED_SINCE: "it was changed since",
    Leaves.NOT_SET_HERE: "it differs from before, but exconn has not set it",
    Leaves.WAS_NOT_SET: "it was not set before, and that cannot be written",
    Leaves.OTHER_POLICY: "another policy is the default now",
}


def leaves_text(leaves: str) -> str:
    """What a person reads of it. A code that this version does not know is shown as it is."""
    return _TEXTS[Leaves(leaves)] if leaves in list(Leaves) else leaves.replace("_", " ")


def towards_text(goal: str, *, group: str = "", job: str = "") -> str:
    """Towards what a plan goes, as a person reads it."""
    if goal == Goal.BEFORE:
        return f"the values before group {group} was taken" if group else "the values before the groups were taken"
    return f"undo of {job}" if goal == Goal.UNDO else "the definition"
