"""The policy jobs of a campaign: in each wave a setting is planned and applied, and the worker dies of it."""

from collections.abc import Callable
from datetime import timedelta

from exconn.connector import ConnectorStore, parse_definition
from exconn.contracts.request import RequestKind, Target
from exconn.ledger import IllegalCallError, Job, Ledger, State
from tests.faults.asking import Asked
from tests.support.fault_runs.fault_kinds import FaultKind, Faults
from tests.support.fault_runs.markers import Markers
from tests.support.fault_runs.policy_judge import PolicyTrial
from tests.support.fault_runs.setting import Setting, add_connector, definition
from tests.support.system.cluster import Cluster

#: So late is the answer to a change that a kill surely comes before it.
LATE_SECONDS = 1.0
SERVICE = "policy"


class PolicyRuns:
    """Each wave has a connector of its own, whose definition wants another value than the one before."""

    def __init__(
        self, cluster: Cluster, setting: Setting, door: str, faults: Faults, tell: Callable[[str], None]
    ) -> None:
        self._cluster = cluster
        self._setting = setting
        self._door = door
        self._faults = faults
        self._tell = tell
        self._ledger = Ledger(cluster.client)
        self._seen = 0
        self._asked: Asked | None = None
        self.trials: list[PolicyTrial] = []

    def start(self, markers: Markers, lease: timedelta) -> None:
        """The worker; it dies of each job once, right after the claim."""
        self._cluster.simulator.fault("slow_answer", cmdlet="Set-*MailboxPolicy", times=-1, seconds=LATE_SECONDS)
        armed = {"EXCONN_FAILPOINTS": markers.arm(["job.claimed"]), "EXCONN_LEASE": f"{lease.total_seconds():g}s"}
        self._cluster.start_service(SERVICE, **armed, EXCONN_REQUESTERS_FILE=str(self._setting.registry))

    def begin(self) -> None:
        """A wave begins."""
        value = len(self.trials) + 1
        name = f"policy-{value}"
        text = (
            f"{definition(self._cluster, name)}[policy.password]\npassword_enabled = true\npassword_history = {value}\n"
        )
        ConnectorStore(self._cluster.client).apply(parse_definition(text), "campaign")
        add_connector(self._cluster, name, feature="policy")
        self.trials.append(PolicyTrial(connector=name, value=value))

    @property
    def is_done(self) -> bool:
        """Whether the job of this wave has ended, well or not."""
        return not self.trials or self.trials[-1].ended

    def step(self) -> None:
        """Whatever can be done now for the job of this wave."""
        if self.is_done:
            return
        trial = self.trials[-1]
        self._strike(trial)
        if not trial.plan:
            trial.plan = self._ask(trial, RequestKind.POLICY_PLAN, Target())
        elif not trial.application:
            plan = self._ended(trial, trial.plan)
            if plan is not None:
                target = Target(plan=plan.id, digest=str(plan.data["digest"]))
                trial.application = self._ask(trial, RequestKind.POLICY_APPLY, target)
        elif self._ended(trial, trial.application) is not None:
            trial.ended = True
            self._faults[FaultKind.POLICY_JOBS] += 1

    def _ask(self, trial: PolicyTrial, kind: RequestKind, target: Target) -> str:
        self._asked = self._asked or Asked(self._cluster, self._setting.key, kind, trial.connector, target)
        answer = self._asked.send(self._door)
        if answer is None:
            return ""
        self._asked = None
        if answer.status == "refused":
            self._tell(f"{kind} of {trial.connector} was refused: {answer.error} {answer.text}")
            trial.ended = True
        return answer.job or ""

    def _ended(self, trial: PolicyTrial, job_id: str) -> Job | None:
        job = self._ledger.job(job_id)
        if job is not None and job.state is State.HELD:
            self._tell(f"{job_id} was held as {job.reason} and let go on")
            trial.retries += 1
            try:
                self._ledger.retry(job_id, by="campaign")
            except IllegalCallError:
                return None
        return job if job is not None and job.state is State.SETTLED else None

    def _strike(self, trial: PolicyTrial) -> None:
        """Kill the worker whose change was just executed and not answered yet."""
        for entry in self._cluster.simulator.oracle(cmdlet="Set-*MailboxPolicy", since=self._seen):
            self._seen = max(self._seen, int(entry["n"]))
            if not trial.struck:
                trial.struck = True
                self._cluster.kill(SERVICE)
                self._faults[FaultKind.PROCESSES_KILLED] += 1
