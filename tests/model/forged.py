"""What a fallen service may write into the ledger's keys without a call: no call leads there."""

from tests.model.jobs import Answer, Job, Ledger
from tests.model.watching import watched


@watched
def widen(ledger: Ledger, place: int) -> Answer:
    """No call: a fallen service writes other limits into an open job."""
    return Answer("ok", ledger.with_job(place, ledger.jobs[place]._replace(widened=True)))


@watched
def revive(ledger: Ledger, place: int) -> Answer:
    """No call: a fallen service writes a job that has ended anew, as one that has begun and not ended."""
    job = ledger.jobs[place]
    return Answer("ok", ledger.with_job(place, first_of(job)._replace(begun=job.begun)))


@watched
def deny(ledger: Ledger, place: int) -> Answer:
    """No call: a fallen service writes that a job which has begun never did."""
    return Answer("ok", ledger.with_job(place, ledger.jobs[place]._replace(begun=0, phase="accepted")))


@watched
def twin(ledger: Ledger, place: int) -> Answer:
    """No call: a fallen service puts in what was signed once more, as another job."""
    return Answer("ok", ledger._replace(jobs=(*ledger.jobs, first_of(ledger.jobs[place]))))


def first_of(job: Job) -> Job:
    """A job as it was when it was accepted."""
    return Job(requester=job.requester, phone=job.phone, nonce=job.nonce, elsewhere=job.elsewhere)
