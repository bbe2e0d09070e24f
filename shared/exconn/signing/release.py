"""Whether a release that stands with a job is one that a second person signed, and for what the job was held then.

Every user of the ledger that may write a job could write a release into it: only what was signed for this very job, and
for what it is held for, lets it go on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from exconn.contracts.refusals import Refusal
from exconn.contracts.request import JobId, Request, RequestKind, parse_envelope
from exconn.signing.as_signed import NotAsSignedError, verified_envelope
from exconn.signing.requesters import Registry
from exconn.signing.second_person import may_release_at


@dataclass(frozen=True, kw_only=True)
class AskedFor:
    """The job that may have been released: which one, of which connector, who asked for it and when."""

    job: JobId
    connector: str
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Releases:
    """Of the releases of a job, those that count.

    `held_for` is what they let pass, `kept` the releases themselves; `part` is a word for what does not hold of another
    one, empty where all of them count.
    """

    held_for: frozenset[str] = frozenset()
    kept: tuple[str, ...] = ()
    part: str = ""


NO_RELEASES = Releases()


def verified_releases(found: Iterable[str], asked: AskedFor, registry: Registry, now: datetime) -> Releases:
    """What the releases that stand with a job let pass."""
    passed, kept, part = set[str](), list[str](), ""
    for release in found:
        try:
            passed.add(shown_to_be_held_for(release, asked, registry, now))
        except NotAsSignedError as exc:
            part = exc.part
        else:
            kept.append(release)
    return Releases(held_for=frozenset(passed), kept=tuple(kept), part=part)


def shown_to_be_held_for(release: str, asked: AskedFor, registry: Registry, now: datetime) -> str:
    """What the job was shown to be held for as somebody released it.

    The key that signed it must not have expired: when it was signed, only who kept it could say.
    Raises NotAsSignedError unless the release counts now.
    """
    found = verified_envelope(release, registry)
    request = found.request
    due = may_release_at(registry, asked_by=asked.by, asked_at=asked.at, released_by=request.requester)
    shown = shown_in(request, asked.job)
    for part, holds in (
        (Refusal.KEY_EXPIRED, not registry.keys[parse_envelope(release).key].has_expired(now)),
        ("kind", request.kind is RequestKind.RELEASE),
        ("audience", request.audience is not None and request.audience.deployment == registry.deployment),
        ("connector", request.connector == asked.connector),
        ("jobs", asked.job in request.target.jobs),
        ("held_for", bool(shown)),
        ("not_allowed", found.requester.may(RequestKind.RELEASE) and found.requester.may_reach(asked.connector)),
        ("second_person", due is not None),
        ("too_early", due is None or due <= now),
    ):
        if not holds:
            raise NotAsSignedError(part)
    return shown


def shown_in(request: Request, job: str) -> str:
    """What a release says that it was shown of a job; empty where it says nothing of it."""
    told = request.target
    return dict(zip(told.jobs, told.held_for, strict=False)).get(job, "")
