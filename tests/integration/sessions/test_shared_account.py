"""One account and many workers: seats, budgets, delays, and what is left of a killed process."""

import multiprocessing
import os
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exconn.exchange import BudgetExceeded, NoSeat, OpeningBudgetExceeded, Throttled, TooManySessions, Unauthorized
from exconn.keyspace import connect, keys
from exconn.sessions import Sessions
from exconn.sessions.seats import Orphan, SeatCount
from exconn.sessions.sign_in import SignIns
from tests.integration.sessions.estate import CONNECTOR, Estate, running_estate
from tests.support.machine.processes import wait_until

if TYPE_CHECKING:
    import redis

SOON = timedelta(seconds=30)
TTL = timedelta(seconds=4)


@pytest.fixture(scope="module")
def _estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    with running_estate(tmp_path_factory.mktemp("account"), None) as estate:  # type: ignore[arg-type]
        yield estate


@pytest.fixture
def estate(_estate: Estate, redis_client: "redis.Redis") -> Iterator[Estate]:
    """The shared organization without limits of an earlier test, and a clean ledger."""
    _estate.client = redis_client
    _estate.apply()
    yield _estate
    _estate.close()
    _estate.opened.clear()
    _estate.simulator.control("DELETE", "/limits")


def one_account(estate: Estate) -> None:
    """Let all roles use the account of discovery, as the original's connector did."""
    raw = str(estate.client.hget(keys.revisions(CONNECTOR), "1"))
    for role in ("policy", "actions"):
        for field in ("username", "password_file"):
            other, own = (str(estate.simulator.accounts[each][field]) for each in (role, "discovery"))
            raw = raw.replace(f'"{other}"', f'"{own}"')
    estate.client.hset(keys.revisions(CONNECTOR), "1", raw)


def test_a_seat_is_left_for_device_actions_while_everything_else_is_taken(estate: Estate) -> None:
    one_account(estate)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(estate.sessions().open(CONNECTOR, "discovery"))

        for role in ("discovery", "policy"):
            with pytest.raises(NoSeat), estate.sessions().open(CONNECTOR, role):
                pytest.fail("unreachable")
        with estate.sessions().open(CONNECTOR, "actions") as session:
            assert session.organization_settings().guid

        assert estate.simulator.counters()["open_shells"] == 4


def test_a_used_up_budget_keeps_every_worker_of_the_account_from_asking_until_the_stated_time(estate: Estate) -> None:
    here, there = estate.sessions(), estate.sessions()
    with there.open(CONNECTOR, "discovery") as opened:
        estate.simulator.control("POST", "/limits", {"cmdlets": 2, "period_seconds": 8})
        with here.open(CONNECTOR, "discovery") as session:
            session.organization_settings()
            with pytest.raises(BudgetExceeded):
                session.organization_settings()
            asked = estate.simulator.counters()["requests"]

            for sessions in (here, estate.sessions()):
                with pytest.raises(Throttled) as caught, sessions.open(CONNECTOR, "discovery"):
                    pytest.fail("unreachable")
                assert timedelta(0) < caught.value.retry_after <= timedelta(seconds=8)
            assert estate.simulator.counters()["requests"] == asked
            with pytest.raises(Throttled):
                opened.organization_settings()

    with estate.sessions().open(CONNECTOR, "actions") as other_account:
        assert other_account.organization_settings().guid
    wait_until(lambda: _answers(there), SOON, "the end of the stated time")


def _answers(sessions: Sessions) -> bool:
    try:
        with sessions.open(CONNECTOR, "discovery") as session:
            return bool(session.organization_settings().guid)
    except Throttled:
        return False


def test_micro_delays_slow_the_other_workers_down(estate: Estate) -> None:
    estate.simulator.control("POST", "/limits", {"delay_after": 2, "delay_milliseconds": 700})
    with estate.sessions().open(CONNECTOR, "discovery") as session:
        session.organization_settings()

    with pytest.raises(Throttled), estate.sessions().open(CONNECTOR, "discovery"):
        pytest.fail("unreachable")
    wait_until(lambda: _answers(estate.sessions()), SOON, "the delay to be worked off")


def test_too_many_shells_keep_workers_from_opening_and_not_from_working(estate: Estate) -> None:
    with estate.sessions().open(CONNECTOR, "discovery") as opened:
        estate.simulator.control("POST", "/limits", {"shells": 1})
        with pytest.raises(TooManySessions), estate.sessions().open(CONNECTOR, "discovery"):
            pytest.fail("unreachable")
        tried = estate.simulator.counters()["requests"]["Create"]

        with pytest.raises(TooManySessions), estate.sessions().open(CONNECTOR, "discovery"):
            pytest.fail("unreachable")
        assert estate.simulator.counters()["requests"]["Create"] == tried
        assert opened.organization_settings().guid


def test_a_session_is_replaced_before_the_server_ends_it(estate: Estate) -> None:
    estate.simulator.control("POST", "/limits", {"idle_seconds": 4})
    sessions = estate.sessions()
    with sessions.open(CONNECTOR, "discovery") as session:
        first = session.session_id
        assert session.idle_limit == timedelta(seconds=4)

    wait_until(lambda: estate.simulator.counters()["open_shells"] == 0, SOON, "the idle session to be let go")
    deleted = estate.simulator.counters()["requests"]["Delete"]
    with sessions.open(CONNECTOR, "discovery") as session:
        assert session.session_id != first
        assert session.organization_settings().guid

    assert deleted >= 1


def _work_until_killed(url: str, opened: "multiprocessing.Queue[str]") -> None:
    """A worker in the middle of its work."""
    sessions = Sessions(connect(url), seat_ttl=TTL)
    with sessions.open(CONNECTOR, "discovery") as session:
        opened.put(session.session_id)
        time.sleep(600)


def test_a_killed_workers_seat_comes_back_and_its_shell_is_ended(estate: Estate, redis_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    opened: multiprocessing.Queue[str] = spawn.Queue()
    worker = spawn.Process(target=_work_until_killed, args=(redis_url, opened))
    worker.start()
    shell = opened.get(timeout=60)
    living = Sessions(estate.client, seat_ttl=TTL)
    estate.opened.append(living)
    with living.open(CONNECTOR, "discovery") as session:
        own = session.session_id
        assert estate.simulator.counters()["open_shells"] == 2

        os.kill(int(worker.pid or 0), signal.SIGKILL)
        worker.join(10)
        wait_until(lambda: estate.simulator.counters()["open_shells"] == 1, SOON, "the shell of the dead to be ended")

        assert session.organization_settings().guid
    seats = keys.seats(CONNECTOR, estate.simulator.username("discovery"))
    wait_until(lambda: estate.client.zcount(seats, f"({time.time() * 1000}", "+inf") <= 1, SOON, "the seat to be free")
    assert own != shell


def test_a_wrong_password_is_not_shown_a_third_time_to_end_shells(estate: Estate, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.password"
    wrong.write_text("wrong")
    estate.apply(password=wrong)
    sessions = estate.sessions()
    before = estate.simulator.counters()["sign_ins"]["refused"]
    said = []

    for number in range(3):
        with pytest.raises(Unauthorized) as caught:
            sessions.end_session(CONNECTOR, "actions", str(uuid.UUID(int=number)))
        said.append(str(caught.value))

    assert ["not tried again" in each for each in said] == [False, False, True]
    assert estate.simulator.counters()["sign_ins"]["refused"] == before + 2


def test_an_orphan_that_cannot_be_ended_while_others_sign_in_is_told_again(estate: Estate) -> None:
    account = estate.simulator.username("discovery")
    orphan = Orphan(str(uuid.uuid4()), estate.simulator.url)
    ending = estate.sessions()._account(CONNECTOR, "discovery")
    seats, sign_ins = SeatCount(estate.client, CONNECTOR, account), SignIns(estate.client, CONNECTOR, account)
    tokens = [sign_ins.begin().token for _ in range(2)]

    ending.end_orphan(orphan)
    while_signing_in = seats.orphans()
    for token in tokens:
        sign_ins.give_back(token)
    ending.end_orphan(orphan)

    assert (while_signing_in, seats.orphans()) == ([orphan], [])


def test_after_one_refusal_the_outcome_of_a_try_under_way_is_waited_for(estate: Estate) -> None:
    sign_ins = SignIns(estate.client, CONNECTOR, estate.simulator.username("actions"))
    sign_ins.refused()
    under_way = sign_ins.begin().token
    sessions = estate.sessions()

    with pytest.raises(NoSeat), sessions.open(CONNECTOR, "actions"):
        pytest.fail("unreachable")
    sign_ins.give_back(under_way)

    with sessions.open(CONNECTOR, "actions") as session:
        assert session.organization_settings().guid


def test_who_lost_its_seat_to_others_waits_for_one_instead_of_looking_for_another_server(estate: Estate) -> None:
    one_account(estate)
    here = estate.sessions()
    with here.open(CONNECTOR, "discovery"):
        (lost,) = here._pool._sessions.all()
    here._pool._upkeep.stop()
    lost.account.seats.give_back(lost.seat)
    lost.seat_lost = True

    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(estate.sessions().open(CONNECTOR, "discovery"))
        with pytest.raises(NoSeat), here.open(CONNECTOR, "discovery"):
            pytest.fail("unreachable")


def test_a_used_up_budget_of_runspaces_is_waited_for_as_told_and_no_outage(estate: Estate) -> None:
    with estate.sessions().open(CONNECTOR, "discovery") as opened:
        estate.simulator.fault("runspace_budget", times=-1, seconds=40)
        with pytest.raises(OpeningBudgetExceeded) as told, estate.sessions().open(CONNECTOR, "discovery"):
            pytest.fail("unreachable")
        tried = estate.simulator.counters()["requests"]["Create"]

        with pytest.raises(Throttled) as caught, estate.sessions().open(CONNECTOR, "discovery"):
            pytest.fail("unreachable")

        assert told.value.retry_after == timedelta(seconds=40)
        assert timedelta(seconds=20) < caught.value.retry_after <= timedelta(seconds=40)
        assert estate.simulator.counters()["requests"]["Create"] == tried
        assert opened.organization_settings().guid
    with pytest.raises(OpeningBudgetExceeded), estate.sessions().open(CONNECTOR, "actions"):
        pytest.fail("unreachable")
