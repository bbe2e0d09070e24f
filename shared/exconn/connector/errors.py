"""What can go wrong with a connector's definition or state.

ConnectorError
+- DefinitionError       connector.toml says something that cannot be used; lists every problem
+- SecretError           a secret reference leads nowhere
+- NotPermittedError     the worker's own settings do not permit what a definition says
+- StoreError
   +- UnknownConnectorError      no connector of that name was applied
   +- NotInstalledError          arming needs an installed connector
   +- OrganizationTakenError     another connector owns that Exchange organization
   +- OtherOrganizationError     the servers belong to another organization than the one that is pinned
   +- UnreadableStateError       what the ledger has as a connector's state is none
   +- OpenActionsError           removal is refused while actions are open
   +- ContendedError             others kept changing the same connector
   +- TooManyChangesError        too many changes wait for a second requester
   +- ChangeGoneError            a pending change was released, dropped, or is no longer what was shown
"""

from dataclasses import dataclass
from pathlib import Path


class ConnectorError(Exception):
    """Base of this library's errors; `remedy` says what to do next."""

    remedy = ""


@dataclass(frozen=True)
class DefinitionProblem:
    """One thing wrong with a definition: where, what, and what to write instead. `line` is 0 where unknown."""

    field: str
    problem: str
    remedy: str
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.field} (line {self.line})" if self.line else self.field
        return f"{place}: {self.problem}; {self.remedy}"


class DefinitionError(ConnectorError):
    """A definition that cannot be used. `field`, `problem`, `remedy` are the first one's; `problems` has them all."""

    def __init__(self, problems: tuple[DefinitionProblem, ...]) -> None:
        self.problems = problems
        first = problems[0]
        self.field, self.problem, self.remedy = first.field, first.problem, first.remedy
        super().__init__("\n".join(str(problem) for problem in problems))


class SecretError(ConnectorError):
    """A secret file that cannot be read, or is empty."""

    def __init__(self, path: Path, detail: str) -> None:
        self.path = path
        self.detail = detail
        self.remedy = "create the file, readable by this service only, with the password as its one line"
        super().__init__(f"secret file {path}: {detail}; {self.remedy}")


class NotPermittedError(ConnectorError):
    """A worker's own settings do not permit what a definition says: nothing is looked up, sent or read.

    `part` is a stable word: host, proxy, sign_in, secret_file. `setting` is the variable that decides.
    """

    def __init__(self, part: str, value: str, setting: str) -> None:
        self.part = part
        self.value = value
        self.setting = setting
        self.remedy = f"correct the definition, or, if it is meant, have {setting} of this worker changed"
        super().__init__(f"{part} {value} is not permitted here; {self.remedy}")


class StoreError(ConnectorError):
    """Base of the errors of the connector store."""


class UnknownConnectorError(StoreError):
    """No connector of that name was applied."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.remedy = "apply its definition first: exconn connector apply FILE"
        super().__init__(f"no connector {name!r}; {self.remedy}")


class NotInstalledError(StoreError):
    """Only an installed connector can be armed."""

    def __init__(self, name: str, state: str) -> None:
        self.name = name
        self.state = state
        self.remedy = f"wait for its installation: exconn connector show {name}"
        super().__init__(f"connector {name!r} is {state}, not installed; {self.remedy}")


class NewerDefinitionError(StoreError):
    """Another definition was applied while the servers of this one were asked: what they answered counts no more."""

    def __init__(self, name: str, revision: int, newest: int) -> None:
        self.name = name
        self.revision = revision
        self.newest = newest
        self.remedy = "ask the servers of the newest definition"
        super().__init__(f"connector {name!r} was installed by revision {revision}, but {newest} is the newest")


class OrganizationTakenError(StoreError):
    """One connector per Exchange organization: another one has this organization."""

    def __init__(self, name: str, organization: str, owner: str) -> None:
        self.name = name
        self.organization = organization
        self.owner = owner
        self.remedy = f"remove connector {owner!r} first, or correct the address of {name!r}"
        super().__init__(f"the Exchange organization of {name!r} belongs to connector {owner!r}; {self.remedy}")


class OtherOrganizationError(StoreError):
    """The servers belong to another Exchange organization than the connector was first installed for."""

    def __init__(self, name: str, organization: str, pinned: str) -> None:
        self.name = name
        self.organization = organization
        self.pinned = pinned
        self.remedy = (
            f'correct the address; or, where that is meant, write organization = "{organization}" below [exchange], '
            "apply the definition, and have a second person release it"
        )
        super().__init__(
            f"the servers of {name!r} belong to the Exchange organization {organization}, and the connector was "
            f"installed for {pinned}; {self.remedy}"
        )


class UnreadableStateError(StoreError):
    """What stands in the ledger as the state of a connector is none: somebody else than these programs wrote it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.remedy = "find out who may write exconn:connectors; the definition applied again writes the state anew"
        super().__init__(f"the state of connector {name!r} cannot be read; {self.remedy}")


class OpenActionsError(StoreError):
    """Removing the connector would orphan open device actions."""

    def __init__(self, name: str, actions: tuple[str, ...], count: int) -> None:
        self.name = name
        self.actions = actions
        self.count = count
        self.remedy = "cancel them or wait for their end, then remove"
        shown = ", ".join(actions) + (", ..." if count > len(actions) else "")
        super().__init__(f"connector {name!r} has {count} open actions ({shown}); {self.remedy}")


class ContendedError(StoreError):
    """Others kept changing the same connector at the same time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.remedy = "try again"
        super().__init__(f"connector {name!r} kept changing under this write; {self.remedy}")


class NotTheFirstError(StoreError):
    """Another connector was applied meanwhile, so this one is not the first of the deployment."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.remedy = "have a second person release it"
        super().__init__(f"connector {name!r} is not the first one of this deployment; {self.remedy}")


class TooManyChangesError(StoreError):
    """Too many changes wait already: in all, or of `requester`."""

    def __init__(self, count: int, requester: str = "") -> None:
        self.count = count
        self.requester = requester
        self.remedy = "release or cancel some: exconn brakes show"
        whose = f" of {requester!r}" if requester else ""
        super().__init__(f"{count} changes{whose} wait for a second person; {self.remedy}")


class ChangeGoneError(StoreError):
    """A pending change cannot be released: it is gone, or what it would change has changed since it was shown."""

    def __init__(self, change: str) -> None:
        self.change = change
        self.remedy = "see what waits now: exconn brakes show"
        super().__init__(f"{change} is not pending any more, or its connector changed since; {self.remedy}")
