"""Every command on every class of keys for every user, asked of the server: the table that is kept in allowed.txt."""

from collections.abc import Iterator, Sequence

from tests.conformance.access.conftest import REQUESTER, Guarded

USERS = (
    *("actions", "auditor", "coordinator", "deploy", "discovery", "flower", "health", "intake", "monitor", "policy"),
    REQUESTER,
)
#: One key of each class.
KEYS = {
    "broker": (
        *("exconn.requests", "exconn.discovery.demo", "exconn.policy.demo", "exconn.actions.demo"),
        *("exconn.discovery.canary@host/7", "exconn.policy.canary@host/7", "exconn.actions.canary@host/7"),
        "exconn.intake.canary@host/7",
        *("discovery.7@host.celery.pidbox", "actions.7@host.celery.pidbox", "a1.reply.celery.pidbox"),
        "exconn.ledger-mark",
        *("_kombu.binding.celery.pidbox", "_kombu.binding.exconn.requests", "unacked", "celeryev.a1", "something"),
    ),
    "ledger": (
        *("exconn:job:wipe-a", "exconn:job:policy-apply-a", "exconn:job:partition-a", "exconn:job:preflight-policy-a"),
        *("exconn:idempotency:wipe:demo:a", "exconn:idempotency:partition:demo:a", "exconn:open:demo"),
        *(
            "exconn:due:actions:demo",
            "exconn:due:policy:demo",
            "exconn:due:discovery:demo",
            "exconn:paused:actions:demo",
        ),
        *("exconn:parked:wipe:demo", "exconn:parked:partition:demo", "exconn:inflight:partition:demo"),
        *("exconn:unsettled:actions:demo", "exconn:unsettled:policy:demo", "exconn:unsettled:discovery:demo"),
        *("exconn:settled:actions", "exconn:settled:policy", "exconn:settled:discovery", "exconn:rings:actions:demo"),
        *("exconn:status", "exconn:sequence", "exconn:deadletters", "exconn:heartbeats"),
        *("exconn:connectors", "exconn:revisions:demo", "exconn:changes", "exconn:switch:demo", "exconn:fleet:demo"),
        *("exconn:brake:o1:erase", "exconn:quota:o1:anna", "exconn:quota-ahead:o1:anna", "exconn:open-of:o1:anna"),
        *("exconn:issued:demo:0a", "exconn:pre-image:wipe-a", "exconn:ended:7", "exconn:cancelled:wipe-a"),
        *("exconn:acknowledged:records_missing:4-4", "exconn:asked-lately:o1"),
        *("exconn:facts:demo", "exconn:register:demo:0a", "exconn:gaps:demo"),
        *("exconn:register-words:demo", "exconn:sweep:demo", "exconn:plan:demo:a", "exconn:policy-before:demo"),
        "exconn:policy-applied:demo",
        *("exconn:signins:demo:svc", "exconn:sessions:demo:svc", "exconn:throttle:demo:svc"),
        *("exconn:circuits:demo", "exconn:topology:demo", "exconn:troubles:demo"),
        *("exconn:seats:demo:svc", "exconn:answer:hr:n1", "exconn:answer:anna:n1", "exconn:projector:lease"),
        *("exconn:projector:confirmed", "exconn:projector:confirmed-sequence", "exconn:canary:actions/host/7"),
        *("exconn:paused-by:demo", "exconn:expiring:actions:demo", "exconn:expiring:policy:demo"),
        *("exconn:looks:demo", "exconn:rung:actions:demo", "exconn:heads:actions:demo", "exconn:lanes:actions:demo"),
        *("exconn:series:demo", "exconn:credit:demo:partition", "exconn:rounds"),
        *("exconn:projector:missing", "exconn:marked", "exconn:registry"),
        *("exconn:refused", "exconn:refused:counts"),
        "something",
    ),
}
#: Commands on one key, with arguments behind it.
ON_KEYS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("get", "hgetall", "hkeys", "hlen", "llen", "smembers", "scard", "zcard", "xlen", "del"), ()),
    **dict.fromkeys(
        ("hget", "hmget", "hdel", "sadd", "srem", "sismember", "zrem", "zmscore", "zscore", "lpush", "rpush"), ("f",)
    ),
    **dict.fromkeys(("hset", "hsetnx"), ("f", "v")),
    **dict.fromkeys(
        ("zrange", "zcount", "zrangebyscore", "zrevrangebyscore", "zremrangebyscore", "lrange", "ltrim"), ("0", "1")
    ),
    **dict.fromkeys(("incrby", "decrby", "pexpire", "brpop", "append", "hscan", "sscan"), ("1",)),
    **dict.fromkeys(("xrange",), ("-", "+")),
    **dict.fromkeys(("xrevrange",), ("+", "-")),
    **dict.fromkeys(
        ("incr", "exists", "persist", "unlink", "dump", "type", "ttl", "pttl", "rpop", "spop", "getdel"), ()
    ),
    "set": ("v",),
    "setbit": ("1", "1"),
    "setex": ("9", "v"),
    "hincrby": ("f", "1"),
    "zadd": ("1", "m"),
    "xadd": ("*", "f", "v"),
    "xtrim": ("maxlen", "0"),
    "xdel": ("1-0",),
    "rename": ("other",),
    "copy": ("other",),
    "restore": ("0", "x"),
    "sort": (),
}
#: Parts of a command on one key, with arguments behind it.
PARTS_ON_KEYS: dict[tuple[str, str], tuple[str, ...]] = {
    ("xgroup", "create"): ("g", "$"),
    ("xinfo", "groups"): (),
    ("xinfo", "stream"): (),
}
#: Commands on no key: what no service needs stands here too.
ON_NOTHING = (
    *(("ping",), ("time",), ("hello",), ("select", "0"), ("multi",), ("exec",), ("wait", "0", "1")),
    *(("config", "get", "*"), ("config", "set", "maxmemory", "1"), ("config", "rewrite"), ("acl", "log")),
    *(("acl", "list"), ("acl", "setuser", "x"), ("client", "list"), ("client", "kill", "1.1.1.1:1")),
    *(("client", "setname", "x"), ("flushall",), ("flushdb",), ("keys", "*"), ("scan", "0"), ("dbsize",)),
    *(("shutdown",), ("debug", "jmap"), ("save",), ("bgrewriteaof",), ("replicaof", "a", "1"), ("monitor",)),
    *(("eval", "return 1", "0"), ("evalsha", "a", "0"), ("script", "load", "x"), ("script", "flush")),
    *(("fcall", "a", "0"), ("function", "load", "x"), ("function", "list"), ("function", "delete", "x")),
    *(
        ("function", "flush"),
        ("function", "restore", "x"),
        ("function", "kill"),
        ("script", "kill"),
        ("info",),
        ("swapdb", "0", "1"),
        ("randomkey",),
    ),
    *(("publish", "/0.celery.pidbox", "x"), ("publish", "/0.celeryev/worker.heartbeat", "x"), ("publish", "y", "x")),
    *(("psubscribe", "/0.celery.pidbox"), ("psubscribe", "/0.celeryev/*"), ("psubscribe", "*")),
)


def allowed(guarded: Guarded) -> Iterator[str]:
    """A line for each user, server and key: the commands that the server allows."""
    for server, keys in KEYS.items():
        known = guarded.users(server)
        for user in USERS:
            if user not in known:
                yield f"{server} {user}: no such user"
                continue
            plain = _picked(ON_NOTHING, guarded.verdicts(user, server, ON_NOTHING))
            yield f"{server} {user}: {', '.join(' '.join(command) for command in plain)}"
            for key in keys:
                commands = {name: (name, key, *rest) for name, rest in sorted(ON_KEYS.items())}
                commands |= {"|".join(part): (*part, key, *rest) for part, rest in PARTS_ON_KEYS.items()}
                verdicts = guarded.verdicts(user, server, list(commands.values()))
                named = [name for name, verdict in zip(commands, verdicts, strict=True) if verdict]
                if named:
                    yield f"{server} {user} {key}: {' '.join(named)}"


def _picked(commands: Sequence[tuple[str, ...]], verdicts: Sequence[bool]) -> list[tuple[str, ...]]:
    return [command for command, verdict in zip(commands, verdicts, strict=True) if verdict]
