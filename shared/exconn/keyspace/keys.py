"""Every Redis key of the project, one function each. All begin with `exconn:`; Celery's own begin with `exconn.`.

What jobs need is told apart by kind or by service, so that a user of the server can be given those of its own service
and no other: a job's id begins with its kind.
"""

from datetime import timedelta

#: The status stream: what happened, in one order over all connectors.
STATUS = "exconn:status"
#: The sequence of audit records: one number per status message, without gaps.
SEQUENCE = "exconn:sequence"
#: Connector name -> what is known of it (JSON: newest revision, state, armed features).
CONNECTORS = "exconn:connectors"
#: Changes that wait for a second requester: hash id -> JSON.
CHANGES = "exconn:changes"
#: Messages that no worker could read: a stream.
DEAD_LETTERS = "exconn:deadletters"
#: The last status message that the projector has committed.
CONFIRMED = "exconn:projector:confirmed"
#: Its number in the audit sequence: told by the monitor, whose own memory outlives this server's.
CONFIRMED_SEQUENCE = "exconn:projector:confirmed-sequence"
#: The newest record that the monitor has stored and this server's stream lacks: string `<number> <id>`. A coordinator
#: takes it away.
MISSING = "exconn:projector:missing"
#: The record that the mark on the broker names, and the run of the server (hash): it is not trimmed.
MARKED = "exconn:marked"
#: The registry of requesters that counts (hash): `revision`, `digest`, `said` (JSON), `wider` (JSON: bounds
#: beyond the factory's), `scopes` (JSON), `deployment` (JSON: what protects all of it), `key:<requester>:<id>` ->
#: milliseconds from which on it may release (0: since ever), `earlier:<requester>` -> what it may before a wider scope
#: counts (JSON), `held_back` (JSON: what protects until looser values count), `released`: the last change of a registry
#: that somebody released, `refused` and `refused_at`.
REGISTRY = "exconn:registry"
#: Which monitor projects: string `<holder> <token>`, gone when it is not renewed.
PROJECTOR_LEASE = "exconn:projector:lease"
#: Service name and process -> time of its last sign of life (hash, milliseconds).
HEARTBEATS = "exconn:heartbeats"
#: When a coordinator last went its round, within what time the next one is due, and when this server was last back
#: after a time without any: hash `at`, `within`, `back`. And which step of a clock was told last, and when: `step_told`
#: and `step_told_at`.
ROUNDS = "exconn:rounds"
#: How long `canary` keys live: the age of a proof is what is missing of that.
PROOF_KEPT = timedelta(minutes=10)

#: The newest requests without a good signature: list of JSON, the newest first.
REFUSED = "exconn:refused"
#: How many requests were refused: hash fault -> count.
REFUSED_COUNTS = "exconn:refused:counts"
#: How many of them without a good signature within the present window, and since when: hash.
REFUSED_LATELY = "exconn:refused:lately"


def job(job_id: str) -> str:
    """A job: hash."""
    return f"exconn:job:{job_id}"


def idempotency(kind: str, connector: str, key: str) -> str:
    """The job that answers an idempotency key: string `<job id> <digest>`."""
    return f"exconn:idempotency:{kind}:{connector}:{key}"


def open_actions(connector: str) -> str:
    """The open destructive action of each device: hash GUID -> job id."""
    return f"exconn:open:{connector}"


def due(service: str, connector: str) -> str:
    """When each job of a service wants attention: sorted set, milliseconds."""
    return f"exconn:due:{service}:{connector}"


def rings(service: str, connector: str) -> str:
    """How often a job that has not settled was rung again: hash job id -> count."""
    return f"exconn:rings:{service}:{connector}"


def parked(kind: str, connector: str) -> str:
    """Jobs that wait for credit: sorted set in order of insertion."""
    return f"exconn:parked:{kind}:{connector}"


def in_flight(kind: str, connector: str) -> str:
    """Jobs that hold credit: set."""
    return f"exconn:inflight:{kind}:{connector}"


def paused(service: str, connector: str) -> str:
    """Jobs that the kill switch stopped: sorted set in their order."""
    return f"exconn:paused:{service}:{connector}"


def expiring(service: str, connector: str) -> str:
    """Actions and applies that wait for a person or for the kill switch, and have not begun: sorted set job id ->
    milliseconds at which they end.
    """
    return f"exconn:expiring:{service}:{connector}"


def settled(service: str) -> str:
    """Jobs that settled, by the time of their last message: they expire after the projector has it."""
    return f"exconn:settled:{service}"


def looks(connector: str) -> str:
    """Held actions that are in Exchange: sorted set job id -> milliseconds of the next look."""
    return f"exconn:looks:{connector}"


def series(connector: str) -> str:
    """The open job of each series, of which only one may be open: hash series -> job id."""
    return f"exconn:series:{connector}"


def credit(connector: str, kind: str) -> str:
    """How many jobs of a kind may hold credit: integer."""
    return f"exconn:credit:{connector}:{kind}"


def rung(service: str, connector: str) -> str:
    """Jobs whose doorbell may lie in the queue unheard: sorted set job id -> milliseconds of its ringing."""
    return f"exconn:rung:{service}:{connector}"


def lanes(service: str, connector: str) -> str:
    """Those of them that were actions which had not begun: hash, `job:<id>` -> requester, and requester -> how many."""
    return f"exconn:lanes:{service}:{connector}"


def heads(service: str, connector: str) -> str:
    """Those of them that were rung at the head of the queue: sorted set job id -> milliseconds."""
    return f"exconn:heads:{service}:{connector}"


def switch(connector: str) -> str:
    """The kill switch: the string `running` lets jobs through; absent or anything else stops them."""
    return f"exconn:switch:{connector}"


def paused_by(connector: str) -> str:
    """Who turned the kill switch on first since it last let jobs through, and since when: hash. `again`: others did so
    too.
    """
    return f"exconn:paused-by:{connector}"


def brake(organization: str, check: str) -> str:
    """The breaker's tokens of an Exchange organization (its GUID), whatever its connector is called: sorted set job id
    -> milliseconds.
    """
    return f"exconn:brake:{organization}:{check}"


def quota(organization: str, requester: str) -> str:
    """A requester's tokens in an Exchange organization: sorted set job id -> milliseconds."""
    return f"exconn:quota:{organization}:{requester}"


def quota_ahead(organization: str, requester: str) -> str:
    """A requester's actions that are about to begin: sorted set job id -> milliseconds of its insert."""
    return f"exconn:quota-ahead:{organization}:{requester}"


def brake_ahead(organization: str, check: str) -> str:
    """The actions of an Exchange organization that are about to begin, as the breaker counts: sorted set as above."""
    return f"exconn:brake-ahead:{organization}:{check}"


def open_of(organization: str, requester: str) -> str:
    """A requester's actions that have not settled: sorted set job id -> milliseconds of its insert."""
    return f"exconn:open-of:{organization}:{requester}"


def asked_lately(organization: str) -> str:
    """When the newest action of each requester in an Exchange organization was taken in, whatever became of it: sorted
    set requester -> milliseconds.

    Only intake may write it: who is in it does not turn off the kill switch for others.
    """
    return f"exconn:asked-lately:{organization}"


def ended(period: str | int) -> str:
    """The actions that were cancelled or have settled in one period of the ledger's clock: set of job ids.

    What is in it begins no more. Who may end an action adds to it; only workers of device actions take anything out.
    """
    return f"exconn:ended:{period}"


def issued(connector: str, request: str) -> str:
    """The action that was issued for a request, by the digest of its nonce: string job id, and then how often it has
    begun, or `settled`.

    Only workers of device actions may write it: what else is known of an action, others write too.
    """
    return f"exconn:issued:{connector}:{request}"


def pre_image(job_id: str) -> str:
    """What was kept of an action before its cmdlet, or as it was found done: string JSON.

    Only workers of device actions may write it: what the job itself says of that, others write too.
    """
    return f"exconn:pre-image:{job_id}"


def fleet(connector: str) -> str:
    """How many devices the register knows: integer."""
    return f"exconn:fleet:{connector}"


def open_jobs(service: str, connector: str) -> str:
    """Every job of a service that has not settled: set of job ids."""
    return f"exconn:unsettled:{service}:{connector}"


def gaps(connector: str) -> str:
    """What the newest sweep could not read, place by place, until it is closed: hash; names people."""
    return f"exconn:gaps:{connector}"


def facts(connector: str) -> str:
    """The facts stream: pages of device records."""
    return f"exconn:facts:{connector}"


def register(connector: str, bucket: str) -> str:
    """A bucket of the register of devices: hash."""
    return f"exconn:register:{connector}:{bucket}"


def register_words(connector: str) -> str:
    """Interned words of the register (types, models, agents): hash word -> number."""
    return f"exconn:register-words:{connector}"


def sweep_number(connector: str) -> str:
    """The number of the newest sweep: integer."""
    return f"exconn:sweep:{connector}"


def cancelled(job_id: str) -> str:
    """That intake was asked to cancel an action: string 1.

    Only intake may write it: in the job itself, others could say so.
    """
    return f"exconn:cancelled:{job_id}"


def acknowledged(problem: str, finding: str) -> str:
    """That intake was asked to acknowledge a finding: string 1.

    Only intake may write it: every service may write the message that says so.
    """
    return f"exconn:acknowledged:{problem}:{finding}"


def revisions(connector: str) -> str:
    """The definition of each revision: hash number -> JSON; and what is pinned of the connector: `newest` (a number),
    `organization` (a GUID), `removed`: 1 while the connector is, `may_arm:<feature>`: 1 where a person asked for it,
    `fleet`: how many devices are believed at most, and since when (milliseconds).

    Only intake may write it: the connector's state, workers may write too.
    """
    return f"exconn:revisions:{connector}"


def plan(connector: str, plan_id: str) -> str:
    """A policy plan: JSON."""
    return f"exconn:plan:{connector}:{plan_id}"


def policy_before(connector: str) -> str:
    """Policy values before the first change, and those kept when a group was taken: hash."""
    return f"exconn:policy-before:{connector}"


def policy_applied(connector: str) -> str:
    """The last applies of policy plans: hash job -> JSON, `set:<policy>:<parameter>` -> JSON of what older ones set."""
    return f"exconn:policy-applied:{connector}"


def seats(connector: str, account: str) -> str:
    """Who holds a session of an Exchange account: sorted set holder -> milliseconds."""
    return f"exconn:seats:{connector}:{account}"


def open_sessions(connector: str, account: str) -> str:
    """The session of each seat: hash holder -> `<its id on the server> <address>`."""
    return f"exconn:sessions:{connector}:{account}"


def sign_ins(connector: str, account: str) -> str:
    """Tries to sign in within the last minute that were not accepted: sorted set token -> milliseconds of its end."""
    return f"exconn:signins:{connector}:{account}"


def throttle(connector: str, account: str) -> str:
    """Before when an account is to send nothing: hash of milliseconds, by what is not to be sent."""
    return f"exconn:throttle:{connector}:{account}"


def server_circuits(connector: str) -> str:
    """Exchange servers that did not answer: hash server -> `<failures> <milliseconds of the next try> <why>`."""
    return f"exconn:circuits:{connector}"


def troubles(connector: str) -> str:
    """What keeps a connector's accounts, their rights or its connection from working: hash trouble -> JSON."""
    return f"exconn:troubles:{connector}"


def awaiting(connector: str, trouble: str) -> str:
    """Jobs that wait for a trouble to end: sorted set in order of insertion."""
    return f"exconn:awaiting:{connector}:{trouble}"


def topology(connector: str) -> str:
    """The Exchange servers of the organization, as they were last read: JSON."""
    return f"exconn:topology:{connector}"


def answer(requester: str, nonce: str) -> str:
    """The first answer to a request: string `<digest> <JSON>`."""
    return f"exconn:answer:{requester}:{nonce}"


def canary(process: str) -> str:
    """That a doorbell came through to those who work in a process: string `1`, gone `PROOF_KEPT` after the last one."""
    return f"exconn:canary:{process}"
