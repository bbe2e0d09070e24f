"""What a fallen service says or writes keeps no problem off the list."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from exconn.contracts.reasons import TROUBLES, WaitReason
from exconn.keyspace import connect, keys
from exconn.ledger import Ledger
from exconn.monitor.answers.source import Source
from exconn.monitor.app import create_app
from exconn.monitor.problems import Problem, ProblemCode, finders
from exconn.monitor.projector import Role
from exconn.monitor.tables import devices
from exconn.stream import Number
from tests.integration.monitor.problem_scenes import Scene, trouble
from tests.support.streams.status import StreamWriter, device_fact
from tests.support.streams.written import WRITTEN

LONG = timedelta(minutes=16)


@pytest.fixture
def scene(engine: Engine, redis_url: str) -> Iterator[Scene]:
    """With a client as services have it."""
    with closing(connect(redis_url, name="test")) as client:
        yield Scene(engine, client)


def wipe_waits_for(scene: Scene, reason: str) -> None:
    scene.job("wipe-a", number=Number.JOB_WAITING, state="waiting", reason=reason, ago=LONG)


def codes(scene: Scene) -> list[ProblemCode]:
    return [problem.code for problem in scene.problems()]


@pytest.mark.parametrize("reason", sorted(TROUBLES | {WaitReason.KILL_SWITCH}))
def test_an_action_that_is_said_to_wait_for_what_is_not_in_the_ledger_is_delayed(scene: Scene, reason: str) -> None:
    wipe_waits_for(scene, reason)

    assert codes(scene) == [ProblemCode.ACTIONS_DELAYED]


def test_an_action_that_waits_for_the_switch_is_not_delayed_while_the_switch_is_on(scene: Scene) -> None:
    wipe_waits_for(scene, "kill_switch")
    Ledger(scene.client).pause("contoso", by="ann")

    assert codes(scene) == [ProblemCode.KILL_SWITCH_ON]


def test_the_switch_of_another_connector_delays_nothing_here(scene: Scene) -> None:
    StreamWriter(scene.client, "other").register(installed_at="2999-01-01T00:00:00+00:00")
    wipe_waits_for(scene, "kill_switch")

    assert {ProblemCode.ACTIONS_DELAYED, ProblemCode.KILL_SWITCH_ON} <= set(codes(scene))


def test_an_action_that_waits_for_a_trouble_is_not_delayed_while_the_trouble_lasts(scene: Scene) -> None:
    wipe_waits_for(scene, "account_refused")
    trouble(scene, "account:svc", code="account_refused", account="svc")

    assert codes(scene) == [ProblemCode.ACCOUNT_REFUSED]


@pytest.mark.parametrize("other", [{"code": "not_permitted"}, {"code": "account_refused", "over": True}])
def test_another_trouble_or_one_that_is_over_is_not_what_it_waits_for(scene: Scene, other: dict[str, object]) -> None:
    wipe_waits_for(scene, "account_refused")
    trouble(scene, "account:svc", account="svc", **other)

    assert ProblemCode.ACTIONS_DELAYED in codes(scene)


@pytest.mark.parametrize("text", ["no JSON", "[]", "{}", '{"code": "x", "since": "9" , "failures": {}, "next": "1"}'])
def test_a_trouble_that_nobody_can_read_hides_no_other_problem(scene: Scene, text: str) -> None:
    wipe_waits_for(scene, "account_refused")
    scene.client.hset(keys.troubles("contoso"), "connection", text)
    Ledger(scene.client).pause("contoso", by="ann")

    found = scene.problems()

    assert {problem.code for problem in found} >= {ProblemCode.LEDGER_UNREADABLE, ProblemCode.KILL_SWITCH_ON}
    assert "exchange.accounts" in found[0].text


REMOVED = '{"name": "contoso", "revision": 1, "state": "removed", "applied_at": "2026-01-05T08:00:00Z"}'


@pytest.mark.parametrize("text", [*WRITTEN, pytest.param(REMOVED, id="removed")])
def test_a_state_that_nobody_can_read_hides_no_other_problem(scene: Scene, text: str) -> None:
    wipe_waits_for(scene, "account_refused")
    set_back(scene)
    scene.client.hset(keys.CONNECTORS, "contoso", text)

    found = codes(scene)

    assert set(found) >= {
        ProblemCode.LEDGER_SET_BACK,
        ProblemCode.KILL_SWITCH_ON,
        ProblemCode.CONNECTOR_DIFFERS,
        ProblemCode.ACTIONS_DELAYED,
    }
    assert ProblemCode.LEDGER_UNREADABLE not in found


@pytest.mark.parametrize("text", [*WRITTEN, '{"name": "x", "revision": 1, "state": "flagged", "applied_at": 1}'])
def test_a_state_under_a_name_that_was_never_applied_is_a_problem_of_its_own(scene: Scene, text: str) -> None:
    scene.client.hset(keys.CONNECTORS, "made-up", text)

    assert codes(scene) == [ProblemCode.CONNECTOR_DIFFERS]


@pytest.mark.parametrize("text", WRITTEN)
def test_pages_answer_whatever_a_state_says(scene: Scene, text: str) -> None:
    scene.client.hset(keys.CONNECTORS, "contoso", text)
    client = TestClient(create_app(Source(scene.engine, scene.live, lambda: Role.ACTIVE)))

    answers = [client.get(path) for path in ("/", "/v1/overview", "/v1/connectors", "/v1/jobs?connector=contoso")]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert [found["state"] for found in answers[2].json()["connectors"]] == ["flagged"]


@pytest.mark.parametrize("field", ["code", "account", "said"])
def test_a_trouble_that_says_what_is_no_letter_is_shown_beside_the_others(scene: Scene, field: str) -> None:
    kept = {"code": "account_refused", "since": 0, "failures": 1, "next": 0} | {field: "\ud800"}
    scene.client.hset(keys.troubles("contoso"), "connection", json.dumps(kept))
    set_back(scene)
    client = TestClient(create_app(Source(scene.engine, scene.live, lambda: Role.ACTIVE)))

    answers = [client.get(path) for path in ("/", "/v1/overview", "/v1/problems")]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert ProblemCode.LEDGER_SET_BACK in codes(scene)


@pytest.mark.parametrize("text", WRITTEN)
def test_a_trouble_of_any_text_hides_no_other_problem(scene: Scene, text: str) -> None:
    wipe_waits_for(scene, "account_refused")
    trouble(scene, "account:other", code="not_permitted", account="other")
    scene.client.hset(keys.troubles("contoso"), "connection", text)
    set_back(scene)

    assert set(codes(scene)) >= {
        ProblemCode.LEDGER_UNREADABLE,
        ProblemCode.LEDGER_SET_BACK,
        ProblemCode.KILL_SWITCH_ON,
        ProblemCode.ACTIONS_DELAYED,
        ProblemCode.ACCOUNT_REFUSED,
    }


def test_a_finder_that_fails_in_any_way_is_a_problem_and_the_others_go_on(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    class UnforeseenError(Exception):
        """Nothing that anybody has listed."""

    def fails(_search: object) -> Iterator[Problem]:
        raise UnforeseenError

    monkeypatch.setattr(finders, "FINDERS", (fails, *finders.FINDERS))
    Ledger(scene.client).pause("contoso", by="ann")

    assert codes(scene) == [ProblemCode.LEDGER_UNREADABLE, ProblemCode.KILL_SWITCH_ON]


def test_a_sign_of_life_of_any_size_is_none(scene: Scene) -> None:
    scene.client.hset(keys.HEARTBEATS, "actions/host/9", "9" * 400)

    assert codes(scene) == []


def set_back(scene: Scene) -> None:
    """The ledger is set back, which turns every kill switch on."""
    scene.writer.message(Number.LEDGER_RECORDS_LOST, data={"known": 20})
    scene.client.delete(keys.switch("contoso"))


@pytest.mark.parametrize("at_ms", [None, 4_000_000_000_000], ids=["now", "in a hundred years"])
def test_who_only_says_that_somebody_resumed_hides_no_set_back(scene: Scene, at_ms: int | None) -> None:
    scene.writer.message(Number.BRAKE_RESUMED, at_ms=at_ms)
    set_back(scene)
    scene.writer.message(Number.BRAKE_RESUMED, at_ms=at_ms)

    assert codes(scene) == [ProblemCode.LEDGER_SET_BACK, ProblemCode.KILL_SWITCH_ON]


def test_a_set_back_is_over_once_somebody_resumed_also_when_it_is_paused_again(scene: Scene) -> None:
    ledger = Ledger(scene.client)
    set_back(scene)
    ledger.pause("contoso", by="ann")
    before = codes(scene)
    ledger.resume("contoso", by="ann")
    resumed = codes(scene)
    ledger.pause("contoso", by="ann")

    assert before == [ProblemCode.LEDGER_SET_BACK, ProblemCode.KILL_SWITCH_ON]
    assert (resumed, codes(scene)) == ([], [ProblemCode.KILL_SWITCH_ON])


@pytest.mark.parametrize("depth", [500, 100_000])
def test_a_message_that_nests_without_end_is_put_aside_and_the_stream_goes_on(scene: Scene, depth: int) -> None:
    fields = {"v": "1", "seq": str(scene.client.incr(keys.SEQUENCE)), "n": "1", "connector": "contoso", "at": "1"}
    scene.writer.raw_message(fields | {"data": '{"a":' * depth + "1" + "}" * depth})
    scene.held("wipe-a", "breaker")

    assert set(codes(scene)) >= {ProblemCode.RELEASE_WANTED}


@pytest.mark.parametrize("text", [each for each in WRITTEN if each.id != "a list"])
def test_a_page_of_devices_of_any_text_is_put_aside_and_the_stream_goes_on(scene: Scene, text: str) -> None:
    fields = {"v": "1", "type": "devices", "connector": "contoso", "at": "1", "sweep": "1", "job": "sweep-a"}
    scene.writer.raw_page(fields | {"page": text})
    scene.writer.page("devices", [device_fact(1)])
    scene.held("wipe-a", "breaker")

    assert set(codes(scene)) >= {ProblemCode.RELEASE_WANTED, ProblemCode.RECORDS_PUT_ASIDE}
    with scene.engine.connect() as connection:
        assert connection.execute(select(devices.c.name)).scalars().all() == ["user1_iPhone"]


#: Texts that a database or UTF-8 refuses; the server keeps any bytes.
REFUSED = [pytest.param(b"a\0b", id="NUL"), pytest.param(b"\xed\xa0\xbd", id="half"), pytest.param(b"\xff", id="byte")]
LONG_NAME = pytest.param(b"x" * 5_000, id="long")


@pytest.mark.parametrize("name", [*REFUSED, LONG_NAME])
def test_a_connector_under_any_name_hides_no_other_problem(scene: Scene, name: bytes) -> None:
    scene.client.hset(keys.CONNECTORS, name, "{}")
    scene.client.hset(keys.troubles("contoso"), name, "{}")
    scene.client.hset(keys.HEARTBEATS, name, "1")
    Ledger(scene.client).pause("contoso", by="ann")
    scene.held("wipe-a", "breaker")

    assert set(codes(scene)) >= {
        ProblemCode.RELEASE_WANTED,
        ProblemCode.KILL_SWITCH_ON,
        ProblemCode.CONNECTOR_DIFFERS,
    }


@pytest.mark.parametrize("field", ["connector", "job", "kind", "data", "other"])
@pytest.mark.parametrize("text", [*REFUSED, LONG_NAME])
def test_a_message_of_any_text_stops_no_other_message(scene: Scene, field: str, text: bytes) -> None:
    said: dict[str, str | bytes] = {"v": "1", "seq": str(scene.client.incr(keys.SEQUENCE)), "n": "50203"}
    said |= {"connector": "contoso", "at": "1", "by": "actions", "job": "wipe-b", "kind": "wipe", "state": "queued"}
    said[field] = b'{"reason": "' + text + b'", "' + text + b'": 1}' if field == "data" else text
    scene.client.xadd(keys.STATUS, said)  # type: ignore[arg-type]
    scene.held("wipe-a", "breaker")

    assert ProblemCode.RELEASE_WANTED in codes(scene)


@pytest.mark.parametrize(
    "data",
    [
        '{"revision": "x"}',
        '{"due": 1e400}',
        '{"revision": 99999999999999999999}',
        '{"device": "\\u0000"}',
        '{"x": "\\ud800", "\\u0000": 1}',
    ],
)
def test_what_a_queued_job_says_stops_no_other_message(scene: Scene, data: str) -> None:
    said = {"v": "1", "seq": str(scene.client.incr(keys.SEQUENCE)), "n": "50100", "connector": "contoso", "at": "1"}
    scene.writer.raw_message(said | {"job": "wipe-b", "kind": "wipe", "state": "queued", "data": data})
    scene.held("wipe-a", "breaker")

    assert ProblemCode.RELEASE_WANTED in codes(scene)


@pytest.mark.parametrize("field", ["connector", "page"])
@pytest.mark.parametrize("text", [*REFUSED, LONG_NAME])
def test_a_page_of_devices_under_any_name_stops_no_other(scene: Scene, field: str, text: bytes) -> None:
    said: dict[str, str | bytes] = {"v": "1", "type": "devices", "connector": "contoso", "at": "1", "sweep": "1"}
    said |= {"job": "sweep-a", "page": "[]", field: text}
    scene.client.xadd(keys.facts("contoso"), said)  # type: ignore[arg-type]
    scene.writer.page("devices", [device_fact(1)])
    scene.held("wipe-a", "breaker")

    assert ProblemCode.RELEASE_WANTED in codes(scene)
    with scene.engine.connect() as connection:
        assert "user1_iPhone" in connection.execute(select(devices.c.name)).scalars().all()
