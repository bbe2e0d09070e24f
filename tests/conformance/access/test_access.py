"""Who may do what on broker and ledger: asked of a real server, user by user, command by command, key by key."""

import json
from pathlib import Path
from types import ModuleType

import pytest
import redis
from celery import Celery

from exconn.contracts import REQUESTS_QUEUE, SUBMIT_TASK
from exconn.keyspace import keys
from tests.conformance.access.conftest import REQUESTER, Guarded
from tests.conformance.access.matrix import KEYS, ON_KEYS, USERS, allowed

ALLOWED = Path(__file__).with_name("allowed.txt")
SERVICES = ("actions", "coordinator", "discovery", "intake", "policy")


def test_each_user_may_do_what_the_kept_table_says_and_nothing_else(guarded: Guarded) -> None:
    """A wider table of grants shows up as a difference here, to be read by a person and then kept in allowed.txt."""
    assert "\n".join(allowed(guarded)) + "\n" == ALLOWED.read_text(encoding="utf-8")


def test_nobody_but_intake_writes_from_when_on_a_key_or_a_bound_counts(guarded: Guarded) -> None:
    """Or else whoever can write the file and has one fallen service has a second person in the same night."""
    writers = {
        user
        for user in (*SERVICES, "monitor", "auditor", "health", "deploy")
        for name, rest in ON_KEYS.items()
        if name in ("hset", "hsetnx", "hdel", "hincrby", "set", "del", "pexpire")
        and guarded.may(user, "ledger", name, keys.REGISTRY, *rest)
    }

    assert writers == {"intake"}


def test_a_requester_may_push_a_request_and_read_its_own_answers_and_nothing_else(guarded: Guarded) -> None:
    written = {
        (key, name)
        for key in KEYS["broker"]
        for name, rest in ON_KEYS.items()
        if guarded.may(REQUESTER, "broker", name, key, *rest) and name not in ("llen", "exists", "smembers")
    }
    read = {
        (key, name)
        for key in KEYS["ledger"]
        for name, rest in ON_KEYS.items()
        if guarded.may(REQUESTER, "ledger", name, key, *rest)
    }

    assert written == {("exconn.requests", "lpush"), ("_kombu.binding.exconn.requests", "sadd")}
    assert read == {(keys.answer("hr", "n1"), "get")}


def test_a_stock_celery_client_gets_a_request_through_as_a_requester(guarded: Guarded) -> None:
    sender = Celery("another system", broker=guarded.url(REQUESTER, "broker"), set_as_current=False)

    sender.send_task(SUBMIT_TASK, ("{}",), queue=REQUESTS_QUEUE)

    admin = guarded.servers["broker"].client()
    (message,) = admin.lrange(REQUESTS_QUEUE, 0, -1)
    assert json.loads(message)["headers"]["task"] == SUBMIT_TASK
    admin.delete(REQUESTS_QUEUE)
    admin.close()


def test_a_client_with_a_requesters_password_is_refused_what_the_server_says_it_refuses(guarded: Guarded) -> None:
    """That a dry run tells the truth."""
    client = redis.Redis.from_url(guarded.url(REQUESTER, "broker"), socket_timeout=5)

    with pytest.raises(redis.exceptions.NoPermissionError):
        client.lpush("exconn.actions.demo", "x")
    with pytest.raises(redis.exceptions.NoPermissionError):
        client.publish("/0.celery.pidbox", "x")
    client.close()


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("server", ["broker", "ledger"])
@pytest.mark.parametrize(
    "command",
    [
        *(("flushall",), ("keys", "*"), ("config", "set", "appendonly", "no"), ("acl", "setuser", "x"), ("shutdown",)),
        *(("debug", "jmap"), ("replicaof", "a", "1"), ("script", "flush"), ("function", "flush"), ("monitor",)),
    ],
    ids=lambda command: command[0],
)
def test_nobody_may_empty_configure_or_stop_a_server(
    guarded: Guarded, server: str, user: str, command: tuple[str, ...]
) -> None:
    assert user not in guarded.users(server) or not guarded.may(user, server, *command)


@pytest.mark.parametrize("user", SERVICES)
def test_no_service_can_remove_or_rewrite_what_was_recorded(guarded: Guarded, user: str) -> None:
    for name in ("del", "unlink", "xtrim", "xdel", "set", "rename", "restore", "pexpire"):
        assert not guarded.may(user, "ledger", name, keys.STATUS, *ON_KEYS[name])


@pytest.mark.parametrize("user", ["coordinator", "discovery", "policy", "actions", "monitor"])
def test_nobody_but_intake_turns_the_kill_switch(guarded: Guarded, user: str) -> None:
    for name in ("set", "getdel", "append", "setex", "restore", "rename", "copy", "setbit"):
        assert not guarded.may(user, "ledger", name, keys.switch("demo"), *ON_KEYS[name])
        assert not guarded.may(user, "ledger", name, keys.paused_by("demo"), *ON_KEYS[name])
    assert guarded.may("intake", "ledger", "set", keys.switch("demo"), "running")


@pytest.mark.parametrize("user", ["coordinator", "discovery", "policy", "actions", "monitor"])
def test_nobody_but_intake_says_who_turned_the_kill_switch(guarded: Guarded, user: str) -> None:
    for name in ("hset", "hsetnx", "hdel", "del"):
        assert not guarded.may(user, "ledger", name, keys.paused_by("demo"), *ON_KEYS[name])


@pytest.mark.parametrize("user", ["coordinator", "discovery", "policy", "actions", "monitor", "deploy"])
def test_nobody_but_intake_says_who_asked_for_actions_lately(guarded: Guarded, user: str) -> None:
    """Or else whoever has a stolen key and one fallen service turns off the kill switch."""
    for name in ("zadd", "zrem", "zremrangebyscore", "del", "pexpire", "set", "rename"):
        assert not guarded.may(user, "ledger", name, keys.asked_lately("o1"), *ON_KEYS[name])


@pytest.mark.parametrize("user", ["coordinator", "discovery", "intake", "monitor", "policy"])
def test_only_device_action_workers_take_and_forget_tokens_of_the_brakes(guarded: Guarded, user: str) -> None:
    for key in (keys.brake("o1", "erase"), keys.quota("o1", "anna")):
        assert not any(
            guarded.may(user, "ledger", name, key, *rest)
            for name, rest in ON_KEYS.items()
            if name not in ("zcount", "zscore", "zcard")
        )


#: All that is kept of an action, but for the message that tells what became of it.
OF_A_WIPE = (
    *(keys.job("wipe-aaaaaaaaaaaaaaaa"), keys.due("actions", "demo"), keys.paused("actions", "demo")),
    *(keys.open_jobs("actions", "demo"), keys.settled("actions"), keys.open_actions("demo")),
    *(keys.idempotency("wipe", "demo", "a"), keys.parked("wipe", "demo"), keys.in_flight("wipe", "demo")),
    *(keys.rings("actions", "demo"), keys.brake("o1", "erase"), keys.quota("o1", "anna")),
    *(
        keys.quota_ahead("o1", "anna"),
        keys.brake_ahead("o1", "erase"),
        keys.open_of("o1", "anna"),
        keys.expiring("actions", "demo"),
    ),
)


@pytest.mark.parametrize("user", ["discovery", "policy"])
@pytest.mark.parametrize("key", OF_A_WIPE)
def test_a_fallen_worker_of_another_service_reaches_nothing_of_a_wipe(guarded: Guarded, user: str, key: str) -> None:
    assert [name for name, rest in ON_KEYS.items() if guarded.may(user, "ledger", name, key, *rest)] == []


@pytest.mark.parametrize("user", ["intake", "discovery", "policy", "actions"])
def test_only_a_coordinator_lets_a_job_expire(guarded: Guarded, user: str) -> None:
    assert not guarded.may(user, "ledger", "pexpire", keys.job("wipe-aaaaaaaaaaaaaaaa"), "1")
    assert guarded.may("coordinator", "ledger", "pexpire", keys.job("wipe-aaaaaaaaaaaaaaaa"), "1")


def test_a_worker_cannot_ring_workers_of_another_kind(guarded: Guarded) -> None:
    assert not guarded.may("discovery", "broker", "lpush", "exconn.actions.demo", "x")
    assert not guarded.may("policy", "broker", "lpush", "exconn.actions.demo", "x")


def test_a_grant_that_is_not_defined_is_named(generator: ModuleType) -> None:
    table = {"users": {"x": {"broker": "talk"}}, "broker": {"grants": {}}}

    with pytest.raises(generator.AccessTableError, match=r"gives x the grant 'talk', which broker\.grants"):
        generator.grants_of(table, "x", "broker")


def test_passwords_stay_when_users_are_made_again(generator: ModuleType, tmp_path: Path) -> None:
    generator.write_access(tmp_path)
    before = {path: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()}

    generator.write_access(tmp_path)

    assert {path: path.read_text(encoding="utf-8") for path in before} == before
    acls = [text for path, text in before.items() if path.name == "users.acl"]
    passwords = [text for path, text in before.items() if path.name.endswith("-password")]
    assert not any(password in acl for password in passwords for acl in acls)


@pytest.mark.parametrize("user", [*SERVICES, "monitor", "auditor", "health", REQUESTER])
def test_no_service_brings_code_onto_the_ledgers_server(guarded: Guarded, user: str) -> None:
    for command in (
        ("eval", "return 1", "0"),
        ("evalsha", "a", "0"),
        ("script", "load", "x"),
        ("function", "load", "x"),
    ):
        assert not guarded.may(user, "ledger", *command)


def test_who_loads_functions_and_carries_over_removes_nothing_and_turns_no_kill_switch(guarded: Guarded) -> None:
    assert guarded.may("deploy", "ledger", "function", "load", "x")
    for key in (keys.STATUS, keys.switch("demo"), keys.issued("demo", "0a"), keys.CHANGES, keys.REGISTRY):
        may = [name for name, rest in ON_KEYS.items() if guarded.may("deploy", "ledger", name, key, *rest)]
        assert may == (["xadd"] if key == keys.STATUS else [])
    for key in (keys.brake("o1", "erase"), keys.quota("o1", "anna"), keys.ended(7)):
        for name in ("zrem", "zremrangebyscore", "srem", "del", "unlink", "pexpire"):
            assert not guarded.may("deploy", "ledger", name, key, *ON_KEYS[name])


@pytest.mark.parametrize("user", ["coordinator", "deploy", "discovery", "intake", "monitor", "policy"])
def test_nobody_but_device_action_workers_takes_out_what_has_ended(guarded: Guarded, user: str) -> None:
    may = {name for name, rest in ON_KEYS.items() if guarded.may(user, "ledger", name, keys.ended(7), *rest)}
    assert may <= {"sadd"}
