"""Findings about the numbers of status messages: open until a person has acknowledged just that one."""

import pytest
import redis
from sqlalchemy import Engine, select, update

from exconn.contracts.findings import FindingCode
from exconn.keyspace import keys
from exconn.ledger import Ledger
from exconn.ledger.acknowledged_findings import AcknowledgedFindings
from exconn.monitor.projector.alarms import raise_alarm
from exconn.monitor.projector.findings import MOST_OPEN, NumberFinding, raise_finding
from exconn.monitor.tables import alarms, messages
from exconn.stream import Number
from tests.integration.monitor.audit_scenes import nightly
from tests.integration.monitor.problem_scenes import NOW, Scene


@pytest.fixture
def scene(engine: Engine, redis_client: redis.Redis) -> Scene:
    scene = Scene(engine, redis_client)
    scene.writer.message(Number.INSTALLED)
    scene.project()
    return scene


def lose(scene: Scene, count: int = 1) -> None:
    """So many numbers are missing behind the newest message, and one more message follows."""
    scene.client.incrby(keys.SEQUENCE, count)
    scene.writer.message(Number.INSTALLED)


def acknowledge(scene: Scene, code: str, finding: str) -> None:
    AcknowledgedFindings(scene.client).keep(code, finding, because="trimmed by hand", by="anna")


def found(scene: Scene) -> list[tuple[str, str]]:
    return [(problem.code.value, problem.finding) for problem in scene.problems()]


def kept(engine: Engine) -> list[tuple[str, str, str]]:
    """What was acknowledged: which, by whom, why."""
    columns = (alarms.c.finding, alarms.c.acknowledged_by, alarms.c.because)
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).where(alarms.c.acknowledged_at.is_not(None)))
        return [(finding, by, because) for finding, by, because in rows]


def test_a_gap_names_the_command_that_acknowledges_it(scene: Scene) -> None:
    lose(scene, 2)

    (problem,) = scene.problems()

    assert problem.text == "status messages 2 to 3 are missing from the stream"
    assert problem.next_command == "exconn problems acknowledge records_missing 2-3"


def test_a_finding_about_one_message_says_so(scene: Scene) -> None:
    lose(scene)

    (problem,) = scene.problems()

    assert problem.text == "status message 2 is missing from the stream"


def test_what_was_acknowledged_leaves_the_list_and_stays_on_record(scene: Scene, engine: Engine) -> None:
    lose(scene, 2)
    assert found(scene) == [("records_missing", "2-3")]

    acknowledge(scene, "records_missing", "2-3")

    assert found(scene) == []
    assert kept(engine) == [("2-3", "anna", "trimmed by hand")]


def test_who_only_says_that_a_person_acknowledged_closes_nothing(scene: Scene, engine: Engine) -> None:
    lose(scene)
    scene.project()
    told = {"problem": "records_missing", "finding": "2-2", "because": "all is well"}

    Ledger(scene.client).announce(Number.PROBLEM_ACKNOWLEDGED, connector="", by="anna", data=told)

    assert sorted(found(scene)) == [("record_not_signed", "4-4"), ("records_missing", "2-2")]
    assert kept(engine) == []


def edit(scene: Scene, by: str, sequence: int) -> None:
    """Somebody writes the monitor's database, and the log is verified."""
    with scene.engine.begin() as connection:
        connection.execute(update(messages).where(messages.c.sequence == sequence).values(by=by))
    nightly(scene.engine).verify()


def test_a_changed_message_is_acknowledged_until_something_else_is_changed(scene: Scene, engine: Engine) -> None:
    scene.writer.message(Number.INSTALLED)
    scene.project()
    edit(scene, "thief", 1)
    (problem,) = scene.problems()
    assert problem.next_command == f"exconn problems acknowledge audit_broken {problem.finding}"

    acknowledge(scene, "audit_broken", problem.finding)
    nothing = found(scene)
    edit(scene, "thief", 1)
    still = found(scene)
    edit(scene, "thief", 2)
    other = found(scene)
    edit(scene, "worker", 2)

    assert (nothing, still, found(scene)) == ([], [], [])
    assert [code for code, _ in other] == ["audit_broken"]
    assert kept(engine) == [(problem.finding, "anna", "trimmed by hand")]


def test_a_second_gap_is_a_problem_of_its_own_whatever_became_of_the_first(scene: Scene) -> None:
    lose(scene)
    lose(scene)
    both = found(scene)

    acknowledge(scene, "records_missing", "2-2")
    one = found(scene)
    lose(scene)

    assert sorted(both) == [("records_missing", "2-2"), ("records_missing", "4-4")]
    assert one == [("records_missing", "4-4")]
    assert sorted(found(scene)) == [("records_missing", "4-4"), ("records_missing", "7-7")]


def test_a_number_that_was_given_twice_is_acknowledged(scene: Scene) -> None:
    scene.client.set(keys.SEQUENCE, 0)
    scene.writer.message(Number.INSTALLED)
    (problem,) = scene.problems()
    assert problem.next_command == "exconn problems acknowledge ledger_set_back 1-1"

    acknowledge(scene, "ledger_set_back", "1-1")

    assert found(scene) == []


def test_what_happens_again_after_it_was_acknowledged_is_open_again(scene: Scene, engine: Engine) -> None:
    scene.client.set(keys.SEQUENCE, 0)
    scene.writer.message(Number.INSTALLED)
    scene.project()
    acknowledge(scene, "ledger_set_back", "1-1")
    assert found(scene) == []

    scene.client.set(keys.SEQUENCE, 0)
    scene.writer.message(Number.INSTALLED)

    assert found(scene) == [("ledger_set_back", "1-2")]
    assert len(kept(engine)) == 1


@pytest.mark.parametrize(("code", "finding"), [("history_missing", "2-2"), ("records_missing", "2-9"), ("odd", "2-2")])
def test_another_finding_stays_open(scene: Scene, code: str, finding: str) -> None:
    lose(scene)
    scene.project()

    acknowledge(scene, code, finding)

    assert found(scene) == [("records_missing", "2-2")]


def test_an_acknowledgement_counts_for_nothing_that_comes_behind_it(scene: Scene) -> None:
    acknowledge(scene, "records_missing", "3-3")

    lose(scene)

    assert found(scene) == [("records_missing", "3-3")]


def test_a_gap_that_ends_at_an_acknowledgement_is_not_closed_by_it(scene: Scene) -> None:
    scene.client.incrby(keys.SEQUENCE, 2)

    acknowledge(scene, "records_missing", "2-3")

    assert found(scene) == [("records_missing", "2-3")]


def test_missing_history_is_one_finding_however_often_a_monitor_starts_and_is_acknowledged(
    scene: Scene, engine: Engine
) -> None:
    scene.client.set(keys.CONFIRMED_SEQUENCE, 7)
    (first,) = scene.problems()
    assert scene.problems() == [first]
    assert first.next_command == "exconn problems acknowledge history_missing 2-7"

    scene.client.set(keys.SEQUENCE, 7)
    acknowledge(scene, "history_missing", "2-7")

    assert found(scene) == [("records_missing", "2-7")]
    assert kept(engine) == [("2-7", "anna", "trimmed by hand")]


def test_findings_without_end_widen_the_newest_one(scene: Scene) -> None:
    for _ in range(MOST_OPEN + 2):
        lose(scene)

    open_now = found(scene)

    assert len(open_now) == MOST_OPEN
    assert ("records_missing", f"{2 * MOST_OPEN}-{2 * (MOST_OPEN + 2)}") in open_now


def gap_from_the_beginning(scene: Scene) -> None:
    """The ledger is set back to its first message, and the number behind it is missing."""
    scene.client.set(keys.SEQUENCE, 0)
    scene.writer.message(Number.INSTALLED)
    lose(scene)


def gaps(scene: Scene) -> list[str]:
    """The gaps that are open."""
    return sorted(finding for code, finding in found(scene) if code == "records_missing")


def test_an_acknowledgement_is_about_the_one_that_was_seen_though_the_same_numbers_are_found_again(
    scene: Scene, engine: Engine
) -> None:
    lose(scene)
    seen = gaps(scene)
    gap_from_the_beginning(scene)
    both = gaps(scene)

    acknowledge(scene, "records_missing", *seen)
    later = gaps(scene)
    gap_from_the_beginning(scene)
    third = gaps(scene)

    assert (seen, both, later, third) == (["2-2"], ["2-2", "2-2-2"], ["2-2-2"], ["2-2-2", "2-2-3"])
    assert kept(engine) == [("2-2", "anna", "trimmed by hand")]


def test_no_name_comes_again_though_findings_without_end_widen_one(engine: Engine) -> None:
    text = "{low} to {high}"
    gap = NumberFinding(code=FindingCode.RECORDS_MISSING, stream=keys.STATUS, low=2, high=2, text=text, remedy="look")
    names: set[str] = set()
    with engine.begin() as connection:
        for number in range(2 * MOST_OPEN):
            raise_finding(connection, gap)
            is_open = alarms.c.acknowledged_at.is_(None)
            now = set(connection.execute(select(alarms.c.finding).where(is_open)).scalars())
            assert len(now - names) == 1, names
            names |= now
            if number % 3 == 0:  # a person makes room for another one
                first = alarms.c.finding == max(now, key=len)
                connection.execute(update(alarms).where(first).values(acknowledged_at=NOW))


def test_what_an_earlier_monitor_found_is_acknowledged_as_earlier(scene: Scene) -> None:
    with scene.engine.begin() as connection:
        raise_alarm(connection, "audit-gap", keys.STATUS, at=NOW, text="2 to 9 are missing", remedy="look")
    assert found(scene) == [("records_missing", "earlier")]

    acknowledge(scene, "records_missing", "earlier")

    assert found(scene) == []
