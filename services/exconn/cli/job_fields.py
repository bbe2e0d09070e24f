"""The fields that the records of all jobs have."""

from collections.abc import Iterator
from typing import Any

from exconn.cli.output import moment, plain
from exconn.cli.wrapping import sentence_width, wrapped


def job_fields(job: dict[str, Any]) -> list[tuple[str, object]]:
    """Where a job stands and why, who asked for it, its times and its looks."""
    return [
        ("state", job["state"]),
        *_when(job["phase"] and (job["device"] or not job["outcome"]), ("phase", job["phase"])),
        *_when(job["outcome"], ("outcome", job["outcome"])),
        *_when(job["reason"], ("reason", job["reason_text"])),
        ("requester", job["requester"]),
        ("asked", moment(job["queued_at"])),
        *_when(job["valid_until"], ("valid until", moment(job["valid_until"]))),
        *_looks(job),
        *_when(job["settled_at"], ("settled", moment(job["settled_at"]))),
    ]


def reasons_below(jobs: list[dict[str, Any]]) -> Iterator[str]:
    """Below a list: why jobs that have not ended wait or are held, and how to see what they need."""
    of_reason: dict[str, list[str]] = {}
    for job in jobs:
        if job["state"] != "settled" and job["reason"]:
            of_reason.setdefault(f"{job['state']}: {plain(job['reason_text'])}", []).append(job["id"])
    for reason, ids in of_reason.items():
        yield from wrapped(reason, sentence_width())
        yield from wrapped(", ".join(ids), sentence_width(), first="  ")
    if any(job["state"] == "held" for job in jobs):
        yield "what a held job needs: exconn jobs show ID"


def _looks(job: dict[str, Any]) -> list[tuple[str, object]]:
    looks = job["looks"] or {"count": 0, "last": None, "next": job["due"]}
    return [
        *_when(looks["count"], ("looks", f"{looks['count']}, the last at {moment(looks['last'])}")),
        *_when(job["state"] != "settled" and looks["next"], ("next look", moment(looks["next"]))),
    ]


def _when(known: object, field: tuple[str, object]) -> list[tuple[str, object]]:
    """A field that is left out where there is nothing to tell."""
    return [field] if known else []
