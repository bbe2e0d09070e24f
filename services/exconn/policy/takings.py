"""What Exchange had when groups were taken: recorded once for each time that a group is guarded without a break.

A group that was given up belonged to Exchange's administrators meanwhile: what it had before is theirs no more. Of a
group that is not guarded as a whole each parameter is taken by itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from exconn.connector import GROUPS, ConnectorStore, PolicyValue, UnknownConnectorError, group_parameters, guarded_in
from exconn.exchange import MailboxPolicy
from exconn.ledger import Job
from exconn.policy.drift import on_or_off
from exconn.policy.plan_store import Plans
from exconn.policy.way_back import Values


@dataclass(frozen=True, kw_only=True)
class Takings:
    """The takings of all connectors."""

    plans: Plans
    store: ConnectorStore

    def take(self, job: Job, policy: MailboxPolicy, group: str, values: Values) -> dict[str, PolicyValue | None]:
        """Record what a policy has of a group that the job's revision guards, once; what was recorded.

        So is what Exchange changes by itself beside the group's parameters, which is not the group's.
        """
        kept: dict[str, PolicyValue | None] = {}
        for name, parameters in _parts(group, self._guarded(job.connector, job.revision, group)):
            first = next(self._taken(job, group, parameters[0]))
            part = values if GROUPS[group].guards_all else {each: values.get(each) for each in parameters}
            kept |= self.plans.take(job.connector, f"{name}:{policy.guid}:{first}", part)
            beside = {each: on_or_off(policy.values.get(each)) for each in _set_beside(group, parameters)}
            if beside:
                self.plans.take(job.connector, f"{name}.beside:{policy.guid}:{first}", beside)
        return kept

    def before(self, job: Job, policy: str, groups: Iterable[str], last_set: Values) -> Values:
        """What a policy had of groups when each was taken last, and of what was set beside them from here.

        A parameter that two takings have is as the earlier one found it.
        """
        takings: list[tuple[int, Values]] = []
        for group in groups:
            for name, parameters in _parts(group, group_parameters(group)):
                takings += self._last(job, policy, group, name, parameters[0], last_set)
        found: dict[str, PolicyValue | None] = {}
        for _, values in sorted(takings, key=lambda taking: -taking[0]):
            found |= values
        return found

    def _last(
        self, job: Job, policy: str, group: str, name: str, parameter: str, last_set: Values
    ) -> list[tuple[int, Values]]:
        for first in self._taken(job, group, parameter):
            taken = self.plans.taken(job.connector, f"{name}:{policy}:{first}")
            if taken:
                beside = self.plans.taken(job.connector, f"{name}.beside:{policy}:{first}")
                return [(first, taken), (first, {each: beside[each] for each in beside.keys() & last_set.keys()})]
        return []

    def _taken(self, job: Job, group: str, parameter: str) -> Iterator[int]:
        """The revision with which each time began that the parameter was guarded without a break, newest first."""
        first = self.store.get(job.connector).flagged
        guarded = parameter in self._guarded(job.connector, job.revision, group)
        for revision in range(job.revision, first - 1, -1):
            before = revision > first and parameter in self._guarded(job.connector, revision - 1, group)
            if guarded and not before:
                yield revision
            guarded = before

    def _guarded(self, connector: str, revision: int, group: str) -> tuple[str, ...]:
        try:
            groups = self.store.definition(connector, revision).policy.groups()
        except UnknownConnectorError:
            return ()
        return guarded_in(group, groups[group]) if group in groups else ()


def _set_beside(group: str, parameters: tuple[str, ...]) -> list[str]:
    return [row.sets_also for row in GROUPS[group].rows if row.sets_also and row.parameter in parameters]


def _parts(group: str, parameters: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """What of a group is taken together, by its name in the record."""
    if GROUPS[group].guards_all:
        return [(group, parameters)] if parameters else []
    return [(f"{group}.{each}", (each,)) for each in parameters]
