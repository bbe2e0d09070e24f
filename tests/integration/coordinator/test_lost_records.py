"""A ledger that lost a few records: it shows by the very record that is missing, however many came after it."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import LEDGER_MARK
from exconn.coordinator.set_back import SetBackWatch
from exconn.keyspace import connect, keys
from exconn.ledger import Confirm, Ledger, Mark
from exconn.monitor.database import open_database
from exconn.monitor.projector import Projector, ProjectorLease
from exconn.stream import Number
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import RestartableValkey
from tests.support.streams.records import messages_of, records_of

if TYPE_CHECKING:
    import redis

pytestmark = pytest.mark.slow

NAME = "alpha"
SOON = timedelta(seconds=15)
LOOKS = (Number.LEDGER_SET_BACK, Number.LEDGER_RECORDS_LOST, Number.LEDGER_TAKEN_OVER)


@pytest.fixture
def client(ledger_server: RestartableValkey) -> Iterator["redis.Redis"]:
    found = connect(ledger_server.url)
    ConnectorStore(found).apply(parse_definition(sample_definition(NAME)), "operator")
    Ledger(found).resume(NAME, by="operator")
    yield found
    found.close()


class Site:
    """A ledger with a coordinator's look at it, and work that goes on."""

    def __init__(self, client: "redis.Redis", broker_url: str, confirm: Confirm | None = None) -> None:
        self.client = client
        self.broker = connect(broker_url, text=False)
        self.ledger = Ledger(client, confirm=confirm)
        self._watch = SetBackWatch(self.broker, self.ledger)

    def work(self, records: int, *, by: str = "worker") -> None:
        for _ in range(records):
            self.ledger.announce(Number.JOB_QUEUED, connector=NAME, by=by)

    def look(self) -> None:
        self._watch.look([NAME], by="coordinator")

    def switch(self) -> str:
        return self.ledger.switch(NAME)

    def found(self) -> list[Number]:
        return [Number(message.number) for message in messages_of(self.client) if message.number in LOOKS]


def backed_up(server: RestartableValkey, tmp_path: Path) -> Path:
    server.stop()
    shutil.copytree(tmp_path / "ledger", tmp_path / "backup")
    server.start()
    return tmp_path / "backup"


def restore(server: RestartableValkey, tmp_path: Path) -> None:
    server.stop()
    shutil.rmtree(tmp_path / "ledger")
    shutil.copytree(tmp_path / "backup", tmp_path / "ledger")
    server.start()


@pytest.mark.parametrize("watched", [True, False], ids=["a coordinator lives", "all coordinators were down"])
def test_sixty_lost_records_are_noticed_though_seventy_five_new_ones_came_before_the_look(
    ledger_server: RestartableValkey, client: "redis.Redis", redis_url: str, tmp_path: Path, *, watched: bool
) -> None:
    site = Site(client, redis_url)
    backed_up(ledger_server, tmp_path)
    site.work(60, by="lost")
    site.look()
    known = Mark.read(site.broker.get(LEDGER_MARK).decode()).number  # type: ignore[union-attr]
    restore(ledger_server, tmp_path)
    site.work(75, by="new")
    record = int(client.get(keys.SEQUENCE) or 0)
    after = site if watched else Site(client, redis_url)

    before = after.switch()
    after.look()
    after.look()
    Site(client, redis_url).look()

    assert record > known
    assert (before, after.switch()) == ("running", "paused")
    assert after.found() == [Number.LEDGER_RECORDS_LOST]
    after.ledger.resume(NAME, by="operator")
    after.look()
    assert after.switch() == "running"


def test_restarts_with_the_same_file_pause_nothing(
    ledger_server: RestartableValkey, client: "redis.Redis", redis_url: str
) -> None:
    site = Site(client, redis_url)
    site.work(3)
    site.look()
    ledger_server.restart()
    site.work(3)
    site.look()
    ledger_server.kill()
    ledger_server.start()
    site.look()

    assert (site.switch(), site.found()) == ("running", [])


@pytest.fixture
def replica(ledger_server: RestartableValkey, client: "redis.Redis", tmp_path: Path) -> Iterator[RestartableValkey]:
    with RestartableValkey(tmp_path / "replica", appendfsync="always") as other, connect(other.url) as following:
        client.config_set("repl-diskless-sync-delay", "0")
        following.replicaof("127.0.0.1", ledger_server.port)
        wait_until(lambda: client.info("replication").get("slave0", {}).get("state") == "online", SOON, "the replica")
        yield other


def promote(client: "redis.Redis", replica: RestartableValkey) -> "redis.Redis":
    """The replica's client, once it has what there is so far and copies no more."""
    following = connect(replica.url)
    newest = client.get(keys.SEQUENCE), client.hgetall(keys.MARKED)
    wait_until(lambda: (following.get(keys.SEQUENCE), following.hgetall(keys.MARKED)) == newest, SOON, "the replica")
    following.replicaof("NO", "ONE")
    return following


@pytest.mark.parametrize("replicas", [0, 1], ids=["nobody confirms", "a replica confirms"])
def test_a_fail_over_that_lost_only_what_is_newer_than_the_mark_pauses_unless_replicas_confirm(
    client: "redis.Redis", redis_url: str, replica: RestartableValkey, replicas: int
) -> None:
    site = Site(client, redis_url)
    site.work(5)
    site.look()
    successor = promote(client, replica)
    # Nobody but the dead server ever knew of these.
    site.work(120, by="lost")

    after = Site(successor, redis_url, Confirm(replicas=replicas))
    after.look()
    paused = after.switch()
    replica.restart()
    after.ledger.resume(NAME, by="operator")
    after.look()

    assert paused == ("running" if replicas else "paused")
    assert after.found() == [Number.LEDGER_TAKEN_OVER]
    assert after.switch() == "running"
    successor.close()


def test_a_fail_over_that_lost_the_mark_pauses_also_where_replicas_confirm(
    client: "redis.Redis", redis_url: str, replica: RestartableValkey
) -> None:
    site = Site(client, redis_url)
    site.look()
    successor = promote(client, replica)
    site.work(20, by="lost")
    site.look()
    after = Site(successor, redis_url, Confirm(replicas=1))
    after.work(40, by="new")

    after.look()

    assert after.switch() == "paused"
    assert after.found() == [Number.LEDGER_RECORDS_LOST, Number.LEDGER_TAKEN_OVER]
    successor.close()


def test_a_mark_whose_record_was_trimmed_since_pauses_nothing(client: "redis.Redis", redis_url: str) -> None:
    site = Site(client, redis_url)
    site.work(5)
    site.look()
    slow = site.broker.get(LEDGER_MARK)
    site.work(5)
    site.look()
    newest = records_of(client, keys.STATUS)[-1][0]
    client.xtrim(keys.STATUS, minid=newest, approximate=False)
    # A coordinator that read the mark before and was suspended.
    site.broker.set(LEDGER_MARK, slow)  # type: ignore[arg-type]

    site.look()

    assert (site.switch(), site.found()) == ("running", [])


@pytest.mark.parametrize(
    "forged", ["999999999999999999 1-0 " + "a" * 40, "5 1-0", "5 1-0 zz", "5 x", "5 1-0 " + "a" * 40 + "\n"]
)
def test_a_mark_that_no_coordinator_wrote_stops_no_round(client: "redis.Redis", redis_url: str, forged: str) -> None:
    site = Site(client, redis_url)
    site.work(5)
    site.look()
    site.broker.set(LEDGER_MARK, forged)

    site.look()

    assert int(client.get(keys.SEQUENCE) or 0) < 100
    assert (site.switch(), site.found()) == ("running", [])


def test_a_restore_of_broker_and_ledger_in_one_is_told_by_the_monitor_also_when_it_was_overtaken(
    ledger_server: RestartableValkey, client: "redis.Redis", tmp_path: Path
) -> None:
    site = Site(client, ledger_server.url)
    site.look()
    backed_up(ledger_server, tmp_path)
    engine = open_database(f"sqlite:///{tmp_path / 'monitor.db'}")
    site.work(20, by="lost")
    projector = Projector(engine, client, ProjectorLease(client, "test"))
    projector.open()
    projector.step(idle_wait=timedelta(milliseconds=1))
    restore(ledger_server, tmp_path)
    site.work(30, by="new")
    site.look()
    unnoticed = site.switch()

    projector.open()
    site.look()
    site.look()

    assert (unnoticed, site.switch()) == ("running", "paused")
    assert site.found() == [Number.LEDGER_RECORDS_LOST]
    assert client.get(keys.MISSING) is None
    engine.dispose()
