"""Each problem of the table is made to happen, and is found; where all is well, nothing is."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine, event, insert, select

from exconn.contracts import Kind
from exconn.keyspace import keys
from exconn.monitor.database import open_database
from exconn.monitor.live import LiveLedger
from exconn.monitor.problems import PROBLEMS, Problem, ProblemCode, ProblemList, ProblemSeverity, find_problems
from exconn.monitor.projector import Role
from exconn.monitor.tables import metadata
from exconn.stream import Number
from tests.integration.monitor import audit_scenes  # noqa: F401  (registers its happenings)
from tests.integration.monitor.problem_scenes import HAPPENINGS, Scene, memory_used
from tests.support.streams.status import guid_of

#: What comes with a problem because it has the same cause.
BESIDE = {
    "somebody_ends_the_stream_of_facts": {ProblemCode.RECORDS_PUT_ASIDE},
    "ledger_was_set_back": {ProblemCode.KILL_SWITCH_ON},
    "records_are_lost": {ProblemCode.KILL_SWITCH_ON},
    "a_newer_version_writes": {ProblemCode.RECORDS_PUT_ASIDE},
    "another_database_has_the_messages": set(),
}
#: How the memory of the server is used up, which each test has to give back.
MEMORY = {ProblemCode.LEDGER_FULL: 110, ProblemCode.LEDGER_NEARLY_FULL: 90}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty read model; one test below compares what a database server answers."""
    opened = open_database(f"sqlite:///{tmp_path / 'monitor.db'}")
    yield opened
    opened.dispose()


@pytest.fixture
def scene(engine: Engine, redis_client: redis.Redis) -> Scene:
    return Scene(engine, redis_client)


def codes(found: list[Problem]) -> set[ProblemCode]:
    return {problem.code for problem in found}


def test_nothing_is_wrong_where_all_is_well(scene: Scene) -> None:
    scene.job("wipe-a", number=Number.JOB_QUEUED, state="queued")
    scene.job("wipe-b", number=Number.WIPE_ISSUED, state="waiting", phase="issued", ago=timedelta(hours=1))

    assert scene.problems() == []


def test_nothing_is_wrong_before_there_is_a_connector(engine: Engine, redis_client: redis.Redis) -> None:
    redis_client.set(keys.PROJECTOR_LEASE, "host/1 token")

    with engine.connect() as connection:
        assert find_problems(connection, LiveLedger(redis_client), Role.ACTIVE) == []


@pytest.mark.parametrize(("code", "happen"), HAPPENINGS, ids=[happen.__name__ for _, happen in HAPPENINGS])
def test_what_happens_is_found_and_nothing_else(
    scene: Scene, code: ProblemCode, happen: Callable[[Scene], None]
) -> None:
    happen(scene)

    found = scene.problems()

    assert codes(found) == {code} | BESIDE.get(happen.__name__, set())
    for problem in found:
        assert "{" not in problem.text + problem.next_command
        assert problem.since is None or problem.since <= datetime.now(UTC) + timedelta(seconds=1)


@pytest.mark.parametrize("code", MEMORY)
def test_server_that_runs_out_of_memory_is_found(scene: Scene, code: ProblemCode) -> None:
    scene.project()

    with memory_used(scene.client, MEMORY[code]):
        (problem,) = scene.found()

    assert problem.code is code
    assert abs(int(problem.values["percent"]) - MEMORY[code]) < 5  # type: ignore[call-overload]


def test_every_row_of_the_table_is_made_to_happen() -> None:
    assert {code for code, _ in HAPPENINGS} | set(MEMORY) == set(PROBLEMS) == set(ProblemCode)


def test_critical_problems_come_first_and_wipes_before_other_jobs(scene: Scene) -> None:
    scene.held("block-a", "breaker")
    for number in range(9):
        scene.held(f"wipe-{number}", "breaker")
    scene.held("policy-plan-a", "empty_group")
    scene.beat("actions", ago=timedelta(minutes=2))

    found = scene.problems()

    assert [(problem.code, problem.kind, problem.count) for problem in found] == [
        (ProblemCode.SERVICE_MISSING, "", 1),
        (ProblemCode.RELEASE_WANTED, Kind.WIPE, 9),
        (ProblemCode.RELEASE_WANTED, Kind.BLOCK, 1),
        (ProblemCode.JOBS_HELD, Kind.POLICY_PLAN, 1),
    ]
    assert found[0].severity is ProblemSeverity.CRITICAL
    assert found[1].text.startswith("9 wipes wait for a second person: the circuit breaker is full")
    assert found[1].next_command == "exconn brakes show contoso"
    assert found[2].next_command == "exconn brakes release block-a --connector contoso"


def test_an_action_is_delayed_while_it_is_not_in_exchange_and_nothing_else_says_why(scene: Scene) -> None:
    long = timedelta(minutes=16)
    for job, reason, phase, ago in (
        ("wipe-a", "unreachable", "", long),
        ("wipe-b", "unreachable", "", long),
        ("wipe-c", "unreachable", "", timedelta(minutes=14)),
        ("wipe-f", "device_silent", "issued", long),
        ("block-a", "answer_unclear", "issuing", long),
        ("sweep-a", "unreachable", "", long),
    ):
        scene.job(job, number=Number.JOB_WAITING, state="waiting", reason=reason, phase=phase, ago=ago)

    found = scene.problems()

    assert [(problem.code, problem.kind, problem.count, problem.reason) for problem in found] == [
        (ProblemCode.ACTIONS_DELAYED, Kind.WIPE, 2, "unreachable"),
        (ProblemCode.ACTIONS_DELAYED, Kind.BLOCK, 1, "answer_unclear"),
    ]
    assert found[0].text == "2 wipes asked for more than 15 minutes ago and not in Exchange: unreachable"
    assert found[0].next_command == "exconn jobs list --state waiting --connector contoso --kind wipe"


def test_problem_names_no_person_and_no_device(scene: Scene) -> None:
    scene.job(
        "wipe-a",
        number=Number.JOB_HELD,
        state="held",
        reason="refused_by_exchange",
        said="jdoe@contoso.test",
        device=guid_of(7),
    )
    dict(HAPPENINGS)[ProblemCode.ACCOUNT_REFUSED](scene)

    texts = [problem.text for problem in scene.problems()]

    assert texts == ["Exchange refuses account svc", "1 wipe held: refused by Exchange"]


def test_kill_switch_is_a_problem_since_it_was_paused_until_it_is_resumed(scene: Scene) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    dict(HAPPENINGS)[ProblemCode.KILL_SWITCH_ON](scene)
    (paused,) = scene.problems()
    scene.client.set(keys.switch("contoso"), "running")

    assert paused.since is not None
    assert before < paused.since < datetime.now(UTC) + timedelta(seconds=1)
    assert scene.problems() == []


def test_database_server_answers_the_same(scene: Scene, engine: Engine, postgresql_url: str) -> None:
    for _, happen in HAPPENINGS:
        if happen.__name__ not in ("ledger_is_away", "projector_lags"):
            happen(scene)
    found = scene.problems()

    server = open_database(postgresql_url, migrate=True)
    with engine.connect() as one, server.begin() as other:
        for table in metadata.sorted_tables:
            if rows := [dict(row) for row in one.execute(select(table)).mappings()]:
                other.execute(insert(table), rows)
    scene.engine = server
    again = scene.found()
    server.dispose()

    assert [(problem.code, problem.text, problem.since) for problem in again] == [
        (problem.code, problem.text, problem.since) for problem in found
    ]
    assert len(codes(found)) > 20


def test_list_is_kept_for_a_moment(scene: Scene, engine: Engine) -> None:
    clock = iter((0.0, 0.0, 1.0, 2.5, 2.5))
    kept = ProblemList(engine, scene.live, lambda: Role.ACTIVE, clock=lambda: next(clock))
    first = kept.now()
    scene.client.delete(keys.PROJECTOR_LEASE)

    assert first == kept.now() == []
    assert codes(kept.now()) == {ProblemCode.NO_PROJECTOR}


def test_list_is_found_by_indexes(tmp_path: Path, redis_client: redis.Redis) -> None:
    # The planner of a server goes by statistics of many rows; SQLite's goes by the indexes.
    engine = open_database(f"sqlite:///{tmp_path / 'monitor.db'}")
    Scene(engine, redis_client)
    redis_client.delete(keys.switch("contoso"))
    plans: list[str] = []
    with engine.connect() as connection:

        def explain(_connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
            if statement.startswith("SELECT"):
                cursor.execute("EXPLAIN QUERY PLAN " + statement, parameters)  # type: ignore[attr-defined]
                plans.extend(str(row[3]) for row in cursor.fetchall())  # type: ignore[attr-defined]

        event.listen(connection, "before_cursor_execute", explain)
        find_problems(connection, LiveLedger(redis_client), Role.ACTIVE)

    large = [plan for plan in plans if "jobs" in plan or "messages" in plan or "sweeps" in plan]
    assert large
    assert not any(plan.startswith("SCAN") for plan in large), plans
    engine.dispose()
