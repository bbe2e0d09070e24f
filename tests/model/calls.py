"""The calls of the ledger as pure functions, by the same rules as `shared/exconn/ledger/scripts`.

`owns` stands for token and epoch: whether the caller is the one to whom the job was given last.
"""

from tests.model.jobs import (
    BRAKES,
    CANCELLATIONS,
    CREDIT,
    ENDED,
    MOST_BEGUN,
    MOST_CRASHES,
    MOST_MARKED_LOOKS,
    Answer,
    Issued,
    Job,
    Ledger,
)
from tests.model.rules import Rules
from tests.model.watching import watched


@watched
def claim(ledger: Ledger, place: int, rules: Rules) -> Answer:
    """Take a job that is queued, due, or whose holder was lost."""
    job = ledger.jobs[place]
    if job.state in ("held", "settled") or (job.state == "waiting" and job.wait != "time"):
        return Answer(job.state if job.state != "waiting" else "not due", ledger)
    if job.state == "claimed" and not job.lapsed:
        return Answer("leased", ledger)
    over = _over(ledger, place, rules)
    if over is not None:
        return Answer("over", over)
    if job.state == "claimed":
        job = job._replace(crashes=min(MOST_CRASHES, job.crashes + 1))
        ledger = ledger.with_job(place, job)
        if job.crashes >= MOST_CRASHES:
            said, ledger = _hold(ledger, place, "kills_its_worker", rules)
            return Answer(said, ledger)
    if job.is_to_begin and (stopped := _stopped(ledger, place, rules)):
        return stopped
    return Answer("claimed", ledger.with_job(place, job._replace(state="claimed", wait="", lapsed=False)))


@watched
def lapse(ledger: Ledger, place: int) -> Answer:
    """No call: the holder was not heard of for as long as its lease lasts."""
    job = ledger.jobs[place]
    if job.state != "claimed":
        return Answer("not claimed", ledger)
    return Answer("ok", ledger.with_job(place, job._replace(lapsed=True)))


@watched
def renew(ledger: Ledger, place: int, rules: Rules, *, owns: bool) -> Answer:
    """Keep a lease."""
    job = ledger.jobs[place]
    if not _is_held_by(job, rules, owns=owns) or (job.lapsed and not rules.renew_revives):
        return Answer("lost", ledger)
    return Answer("ok", ledger.with_job(place, job._replace(lapsed=False)))


@watched
def begin(ledger: Ledger, place: int, rules: Rules, *, owns: bool, withdraw: bool = False) -> Answer:
    """The point of no return."""
    job = ledger.jobs[place]
    if not _is_held_by(job, rules, owns=owns) or job.lapsed:
        return Answer("lost", ledger)
    if not withdraw:
        if job.widened and rules.verified_decides:
            return Answer("lost", ledger)
        if job.cancel:
            return Answer("cancelled", settled(ledger, place, "cancelled"))
        if _was_issued(ledger, place, rules):
            return _not_as_signed(ledger, place, rules)
        if stopped := _stopped(ledger, place, rules):
            return stopped
        if ledger.places is not None and not _has_token(ledger, place):
            ledger = ledger._replace(places=max(0, ledger.places - 1))
        if job.nonce:
            ledger = ledger.with_issued(job.nonce, Issued(place))
        job = job._replace(grant=False, grant_used=job.grant_used or job.grant)
    phase = "cancelling" if withdraw else "issuing"
    begun = job._replace(begun=min(MOST_BEGUN, job.begun + 1), phase=phase)
    return Answer("ok", ledger.with_job(place, begun))


@watched
def settle(ledger: Ledger, place: int, rules: Rules, *, owns: bool, outcome: str, phase: str = "") -> Answer:
    """The end, by the holder."""
    job = ledger.jobs[place]
    if not _is_held_by(job, rules, owns=owns):
        return Answer("lost", ledger)
    if rules.ends_are_true and job.begun and outcome in ("refused", "expired"):
        return Answer("begun", ledger)
    if job.nonce and rules.ends_are_kept:
        ledger = ledger.with_issued(job.nonce, Issued(place, ended=True))
    after = settled(ledger.with_job(place, job._replace(phase=phase or job.phase)), place, outcome)
    return Answer("ok", _unparked(after, rules) if job.credit else after)


@watched
def defer(ledger: Ledger, place: int, rules: Rules, *, owns: bool, phase: str = "", reason: str = "") -> Answer:
    """Later."""
    job = ledger.jobs[place]
    if not _is_held_by(job, rules, owns=owns):
        return Answer("lost", ledger)
    later = job._replace(state="waiting", wait="time", crashes=0, reason=reason, phase=phase or job.phase, lapsed=False)
    return Answer("ok", ledger.with_job(place, later))


@watched
def hold(ledger: Ledger, place: int, rules: Rules, *, owns: bool, reason: str) -> Answer:
    """Wait for a person, if one is needed."""
    job = ledger.jobs[place]
    if not _is_held_by(job, rules, owns=owns):
        return Answer("lost", ledger)
    return Answer("ok", _hold(ledger.with_job(place, job._replace(crashes=0)), place, reason, rules).ledger)


@watched
def cancel(ledger: Ledger, place: int, rules: Rules) -> Answer:
    """At once before the point of no return, by a mark after it, or while a worker has the job."""
    job = ledger.jobs[place]
    if job.state == "settled":
        return Answer("settled", ledger)
    leased = rules.parts_are_not_held and job.is_leased
    if (job.state != "claimed" or leased) and job.begun == 0:
        return Answer("cancelled", settled(ledger, place, "cancelled"))
    if job.cancel and job.state != "held":
        return Answer("marked", ledger)
    job = job._replace(cancel=True, marked_looks=0)
    if job.state != "claimed":
        job = job._replace(state="queued", wait="")
    return Answer("marked", ledger.with_job(place, job))


@watched
def release(ledger: Ledger, place: int) -> Answer:
    """A person lets a held job go on; it passes the brakes once."""
    job = ledger.jobs[place]
    if job.state != "held":
        return Answer("illegal", ledger)
    grant = job.grant or (job.reason in BRAKES and not job.grant_used)
    return Answer("ok", ledger.with_job(place, _freed(job)._replace(grant=grant)))


@watched
def look_again(ledger: Ledger, place: int) -> Answer:
    """A held job becomes due for a look, unless a brake holds it."""
    job = ledger.jobs[place]
    if job.state != "held" or job.reason in BRAKES:
        return Answer("illegal", ledger)
    return Answer("ok", ledger.with_job(place, job._replace(state="queued", wait="")))


@watched
def ring(ledger: Ledger, place: int, rules: Rules) -> Answer:
    """The coordinator finds a job that is due."""
    job = ledger.jobs[place]
    if job.state not in ("queued", "claimed") and job.wait != "time":
        return Answer("not due", ledger)
    if job.state == "claimed" and not job.lapsed:
        return Answer("not due", ledger)
    over = _over(ledger, place, rules)
    if over is not None:
        return Answer("over", over)
    if job.state == "waiting":
        job = job._replace(state="queued", wait="")
    return Answer("rung", ledger.with_job(place, job))


@watched
def expire(ledger: Ledger, place: int, rules: Rules) -> Answer:
    """The time of what waits for a person or for the switch has passed, and a round ends it, unless it has begun."""
    job = ledger.jobs[place]
    waits = job.state == "held" or job.wait == "switch"
    if not waits or (job.begun and rules.begun_does_not_expire):
        return Answer("waits", ledger)
    return Answer("expired", settled(ledger, place, "expired"))


@watched
def drain(ledger: Ledger, rules: Rules, *, limit: int) -> Answer:
    """What the coordinator does while the switch is running: finish a resume that was interrupted."""
    if not rules.resume_is_finished or not ledger.running:
        return Answer("done", ledger)
    return drained(ledger, limit)


def drained(ledger: Ledger, limit: int) -> Answer:
    """So many of the stopped jobs are due."""
    stopped = [place for place, job in enumerate(ledger.jobs) if job.wait == "switch"]
    for place in stopped[:limit]:
        ledger = ledger.with_job(place, ledger.jobs[place]._replace(wait="time", reason=""))
    return Answer("more" if len(stopped) > limit else "done", ledger)


@watched
def insert(ledger: Ledger, job: Job) -> Answer:
    """A new job behind the others; a part only into an open list of its generation."""
    if job.parent >= 0:
        parent = ledger.jobs[job.parent]
        if parent.state == "settled" or parent.sealed or parent.own_generation != job.generation:
            return Answer("parent", ledger)
        ledger = ledger.with_job(job.parent, parent._replace(pending=parent.pending + 1))
        return Answer("ok", ledger._replace(jobs=(*ledger.jobs, job)))
    before = (ENDED if earlier.state == "settled" else earlier for earlier in ledger.jobs)
    return Answer("ok", ledger._replace(jobs=(*before, job)))


@watched
def unpark(ledger: Ledger, rules: Rules) -> Answer:
    """Parts get the credit that is free, in their order."""
    return Answer("unparked", _unparked(ledger, rules))


@watched
def restart_list(ledger: Ledger, place: int, rules: Rules, *, owns: bool) -> Answer:
    """A new generation of parts; older ones settle without counting."""
    job = ledger.jobs[place]
    if not _is_held_by(job, rules, owns=owns):
        return Answer("lost", ledger)
    anew = job._replace(own_generation=job.own_generation + 1, pending=0, unread=0, sealed=False)
    return Answer("ok", ledger.with_job(place, anew))


@watched
def await_children(ledger: Ledger, place: int, rules: Rules, *, owns: bool) -> Answer:
    """Seal the list; due when the last part has settled."""
    job = ledger.jobs[place]
    if not _is_held_by(job, rules, owns=owns):
        return Answer("lost", ledger)
    if rules.cancelled_are_not_held and job.cancel and job.begun == 0:
        return Answer("ok", settled(ledger, place, "cancelled"))
    wait = "children" if job.pending > 0 else "time"
    sealed = job._replace(state="waiting", wait=wait, sealed=True, crashes=0, reason="", lapsed=False)
    return Answer("ok", ledger.with_job(place, sealed))


def settled(ledger: Ledger, place: int, outcome: str) -> Ledger:
    """The end of a job, whatever ended it; its parent counts."""
    job = ledger.jobs[place]
    ended = job._replace(state="settled", wait="", outcome=outcome, lapsed=False)
    ledger = ledger.with_job(place, ended)
    if job.parent < 0:
        return ledger
    parent = ledger.jobs[job.parent]
    if parent.state == "settled" or parent.own_generation != job.generation:
        return ledger
    parent = parent._replace(pending=parent.pending - 1, unread=parent.unread + (outcome != "succeeded"))
    if parent.pending <= 0 and parent.sealed and parent.wait == "children":
        parent = parent._replace(wait="time")
    return ledger.with_job(job.parent, parent)


def _is_held_by(job: Job, rules: Rules, *, owns: bool) -> bool:
    return job.state == "claimed" and (owns or not rules.token_check)


def _freed(job: Job) -> Job:
    job = job._replace(reason="", crashes=0)
    if job.credit:
        return job._replace(state="waiting", wait="credit")
    return job._replace(state="queued", wait="")


def _over(ledger: Ledger, place: int, rules: Rules) -> Ledger | None:
    """Ends what nobody waits for any more."""
    job = ledger.jobs[place]
    if job.begun:
        return None
    if rules.cancelled_are_not_held and job.cancel:
        return settled(ledger, place, "cancelled")
    if not rules.parts_are_not_held or _counts(ledger, job):
        return None
    return settled(ledger, place, "cancelled")


def _counts(ledger: Ledger, job: Job) -> bool:
    """Whether the parent of a part still waits for it."""
    if job.parent < 0:
        return True
    parent = ledger.jobs[job.parent]
    return parent.state != "settled" and parent.own_generation == job.generation


def _unparked(ledger: Ledger, rules: Rules) -> Ledger:
    """What nobody waits for any more ends in place of getting its turn."""
    flying = sum(job.credit and job.wait != "credit" and job.state not in ("held", "settled") for job in ledger.jobs)
    for place, job in enumerate(ledger.jobs):
        if flying >= CREDIT:
            break
        if job.wait == "credit":
            over = _over(ledger, place, rules)
            flying += over is None
            ledger = over or ledger.with_job(place, job._replace(state="queued", wait=""))
    return ledger


def _stopped(ledger: Ledger, place: int, rules: Rules) -> Answer | None:
    """What becomes of a wipe that the brakes do not let begin now; None when they do."""
    job = ledger.jobs[place]
    if not ledger.running and not job.elsewhere:
        stopped = job._replace(state="waiting", wait="switch", reason="kill_switch", crashes=0, lapsed=False)
        return Answer("paused", ledger.with_job(place, stopped))
    if _is_full(ledger, place, rules) and not _has_token(ledger, place) and not job.grant and not job.widened:
        return _hold(ledger, place, "breaker", rules)
    return None


def _has_token(ledger: Ledger, place: int) -> bool:
    """It took its token when it began, whatever was written into it since."""
    job = ledger.jobs[place]
    issued = ledger.issued[job.nonce - 1] if job.nonce else None
    return bool(job.begun or (issued and issued.place == place))


def _is_full(ledger: Ledger, place: int, rules: Rules) -> bool:
    if rules.organization_counts or ledger.places is None:
        return ledger.places == 0
    job = ledger.jobs[place]
    return any(other.begun and other.elsewhere == job.elsewhere for other in ledger.jobs)


def _was_issued(ledger: Ledger, place: int, rules: Rules) -> bool:
    nonce = ledger.jobs[place].nonce
    issued = ledger.issued[nonce - 1] if nonce and rules.nonces_are_kept else None
    if issued is None:
        return False
    is_denied = rules.issued_has_begun and not ledger.jobs[place].begun
    return issued.place != place or issued.ended or is_denied


def _not_as_signed(ledger: Ledger, place: int, rules: Rules) -> Answer:
    """What says that it has begun may have, and what denies it has; anything else is refused."""
    job = ledger.jobs[place]
    if ledger.issued[job.nonce - 1] == Issued(place):
        ledger = ledger.with_job(place, job._replace(begun=1))
    if ledger.jobs[place].begun:
        return _hold(ledger, place, "unproven", rules)
    return Answer("refused", settled(ledger, place, "refused"))


def _hold(ledger: Ledger, place: int, reason: str, rules: Rules) -> Answer:
    job = ledger.jobs[place]
    if rules.cancelled_are_not_held and job.cancel and job.begun == 0:
        return Answer("cancelled", settled(ledger, place, "cancelled"))
    if rules.parts_are_not_held and job.parent >= 0:
        return Answer("failed", settled(ledger, place, "failed"))
    if rules.cancelled_are_not_held and job.cancel and reason not in CANCELLATIONS:
        job = job._replace(marked_looks=min(MOST_MARKED_LOOKS, job.marked_looks) + 1)
        if job.marked_looks <= MOST_MARKED_LOOKS:
            again = job._replace(state="waiting", wait="time", reason=reason, lapsed=False)
            return Answer("waiting", ledger.with_job(place, again))
        reason = "cancel_wanted"
    held = job._replace(state="held", wait="", reason=reason, lapsed=False)
    return Answer("held", ledger.with_job(place, held))
