"""A forest of three domains: a global catalog shows phones that it does not own, and actions reach them all."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from exconn.contracts import HoldReason, Kind, Phase
from exconn.exchange import Gaps
from exconn.ledger import Outcome
from tests.support.exchange.simulator import RunningSimulator, start_simulator
from tests.support.jobs.wipe_jobs import CONNECTOR, Wiping, make_wiping, settled

if TYPE_CHECKING:
    import redis

ROOT, CHILD, TREE = "corp.example", "south.corp.example", "works.example"
CATALOG = f"dc1.{ROOT}"
LONG_SECONDS = 3600


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    running = start_simulator(tmp_path_factory.mktemp("forest"), devices=120, seed=11, phone_sync="0.7s", estate="real")
    yield running
    running.close()


@pytest.fixture
def wiping(redis_client: "redis.Redis", simulator: RunningSimulator, tmp_path: Path) -> Iterator[Wiping]:
    made = make_wiping(redis_client, simulator, tmp_path)
    yield made
    simulator.control("DELETE", "/faults")
    simulator.control("DELETE", "/beliefs")
    simulator.control("POST", "/directory", {"delay_seconds": 0, "answering": CATALOG})
    made.close()


def executed(wiping: Wiping, guid: str, cmdlet: str = "*") -> list[dict[str, Any]]:
    return [entry for entry in wiping.simulator.oracle(cmdlet) if entry["identity_guid"] == guid]


@pytest.mark.parametrize("domain", [CHILD, TREE])
def test_a_wipe_of_a_phone_in_another_domain_than_the_catalogs_is_acknowledged(wiping: Wiping, domain: str) -> None:
    guid = wiping.fresh_device(domain=domain)

    job = wiping.work(wiping.request(guid), until=settled)

    assert (job.outcome, job.phase) == (Outcome.SUCCEEDED, Phase.ACKNOWLEDGED)
    assert wiping.clears(guid) == 1
    assert {entry["parameters"].get("DomainController") for entry in executed(wiping, guid)} == {None}


def test_a_phone_of_the_catalogs_own_domain_is_wiped_where_it_was_seen(wiping: Wiping) -> None:
    guid = wiping.fresh_device(domain=ROOT)

    job = wiping.work(wiping.request(guid), until=settled)

    assert job.outcome == Outcome.SUCCEEDED
    (clear,) = executed(wiping, guid, "Clear-MobileDevice")
    assert clear["parameters"]["DomainController"] == CATALOG


@pytest.mark.parametrize(("cmdlet", "begun"), [("Get-MobileDeviceStatistics", 1), ("Clear-MobileDevice", 2)])
def test_a_controller_that_refers_to_another_domain_is_left_out_the_second_time(
    wiping: Wiping, cmdlet: str, begun: int
) -> None:
    """A read is asked again at once, a wipe begins anew after it was read back."""
    guid = wiping.fresh_device(domain=ROOT)
    wiping.simulator.fault("referral", cmdlet=cmdlet, times=1)

    job = wiping.work(wiping.request(guid), until=settled)

    assert (job.outcome, job.begun) == (Outcome.SUCCEEDED, begun)
    assert wiping.clears(guid) == 1


def test_a_lost_answer_about_a_phone_of_another_domain_is_read_back(wiping: Wiping) -> None:
    guid = wiping.fresh_device(domain=CHILD)
    wiping.simulator.fault("drop_answer", cmdlet="Clear-MobileDevice", times=1)

    job = wiping.work(wiping.request(guid), until=settled)

    assert (job.outcome, wiping.clears(guid)) == (Outcome.SUCCEEDED, 1)


def test_a_wipe_in_another_domain_can_be_taken_back(wiping: Wiping) -> None:
    guid = wiping.fresh_device(domain=CHILD)
    wiping.simulator.phone(guid, "offline")
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issued")

    wiping.ledger.cancel(action, by="operator")

    assert wiping.work(action, until=settled).outcome == Outcome.CANCELLED
    assert not wiping.is_pending(guid)


@pytest.mark.parametrize("kind", [Kind.BLOCK, Kind.ALLOW])
def test_a_device_without_an_id_is_put_on_no_list(wiping: Wiping, kind: Kind) -> None:
    with wiping.sessions.open(CONNECTOR, "actions") as session:
        guid = next(each.guid for each in session.devices(Gaps()) if not each.device_id)

    job = wiping.held(wiping.request(guid, kind=kind))

    assert (job.reason, wiping.edits(guid)) == (HoldReason.NO_DEVICE_ID, [])


@pytest.mark.parametrize(
    ("kind", "names"), [(Kind.BLOCK, "itself"), (Kind.ALLOW, "itself"), (Kind.BLOCK, "holder"), (Kind.ALLOW, "nothing")]
)
def test_lists_of_a_mailbox_in_another_domain_are_read_back_there_and_not_in_the_catalog(
    wiping: Wiping, kind: Kind, names: str
) -> None:
    """The catalog does not know of the edit for longer than anybody waits, whoever it says that showed the device."""
    wiping.simulator.control("POST", "/beliefs", {"catalog_names": names})
    guid = wiping.fresh_device(domain=CHILD)
    wiping.simulator.control("POST", "/directory", {"delay_seconds": LONG_SECONDS, "answering": CATALOG})

    job = wiping.work(wiping.request(guid, kind=kind), until=settled)

    assert (job.outcome, job.phase, job.begun) == (Outcome.SUCCEEDED, Phase.VERIFIED, 1)
    assert wiping.simulator.device(guid)["device_id"] in wiping.lists(guid)[kind is Kind.BLOCK]
