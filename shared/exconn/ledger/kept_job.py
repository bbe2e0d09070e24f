"""The fields of a job, read without a script: as it would be understood by one."""

from typing import TYPE_CHECKING, cast

from exconn.contracts import ACTION_KINDS, kind_of
from exconn.keyspace import keys

if TYPE_CHECKING:
    import redis


def kept_fields(client: "redis.Redis", job_id: str) -> dict[str, str]:
    """The hash of a job; empty where there is none. That an action is cancelled, it may say in vain: intake decides."""
    fields = cast("dict[str, str]", client.hgetall(keys.job(job_id)))
    if fields.get("cancel") == "1" and kind_of(job_id) in ACTION_KINDS and not client.exists(keys.cancelled(job_id)):
        fields["cancel"] = "0"
    return fields
