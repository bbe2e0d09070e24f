"""What a worker takes from its file of the registry: nothing that the ledger has not known for long enough."""

from datetime import timedelta
from pathlib import Path

import pytest
import redis

from exconn.connector import Quota
from exconn.contracts.request import RequestKind
from exconn.keyspace import keys
from exconn.signing import Registry, RegistryFile, new_signing_key
from exconn.signing.registry_in_force import RegistryInForce
from exconn.signing.registry_text import WIDE_OPEN
from exconn.signing.registry_trace import RegistryTrace
from tests.support.requests.registries import later
from tests.support.requests.signed import registry_text

ANNA, BERT = new_signing_key(), new_signing_key()
STRICT = '[bounds.erase]\nshort = { count = 1, within = "20m" }\n'


class Machine:
    """One machine with the file of the registry, and intake's trace of it."""

    def __init__(self, client: redis.Redis, folder: Path) -> None:
        self._file, self.client = folder / "requesters.toml", client
        self.registry = RegistryInForce(RegistryFile(self._file), client)

    def write(self, revision: int, *, two: bool = False, **fields: object) -> None:
        known = {"anna": ANNA, "bert": BERT} if two else {"anna": ANNA}
        self._file.write_text(registry_text(known, revision=revision, **fields))  # type: ignore[arg-type]

    def announce(self) -> None:
        RegistryTrace(self.client).count(RegistryFile(self._file).current(), by="intake")

    @property
    def now(self) -> Registry:
        return self.registry.current()


@pytest.fixture
def machine(redis_client: redis.Redis, tmp_path: Path) -> Machine:
    machine = Machine(redis_client, tmp_path)
    machine.write(1, bounds=STRICT)
    machine.announce()
    return machine


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in the file alone"])
def test_wider_bounds_and_a_single_administrator_wait(machine: Machine, announced: bool) -> None:
    machine.write(2, bounds=WIDE_OPEN, single=True)
    if announced:
        machine.announce()

    assert min(bounds.erase.short.count for bounds in machine.now.all_bounds) == 1
    assert not machine.now.single_administrator
    later(machine.client, timedelta(days=1))
    assert (min(bounds.erase.short.count for bounds in machine.now.all_bounds) == 100_000) == announced
    assert machine.now.single_administrator == announced


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in the file alone"])
def test_a_new_key_does_not_consent(machine: Machine, announced: bool) -> None:
    machine.write(2, two=True)
    if announced:
        machine.announce()

    assert machine.now.keys[ANNA.id].may_consent
    assert not machine.now.keys[BERT.id].may_consent
    later(machine.client, timedelta(days=1))
    assert machine.now.keys[BERT.id].may_consent == announced


def test_rights_that_were_added_to_a_requester_wait(machine: Machine) -> None:
    machine.write(2, kinds=["wipe"], quota=Quota(per_hour=1, per_day=1))
    machine.announce()
    machine.write(3)
    machine.announce()

    anna = machine.now.requesters["anna"]
    assert (anna.may(RequestKind.WIPE), anna.may(RequestKind.RELEASE)) == (True, False)
    assert machine.now.quota_of("anna") == Quota(per_hour=1, per_day=1)
    later(machine.client, timedelta(days=1))
    assert machine.now.requesters["anna"].may(RequestKind.RELEASE)


def test_what_is_tightened_in_the_file_counts_before_it_is_announced(machine: Machine) -> None:
    machine.write(2, bounds=STRICT.replace("20m", "40m"))

    assert {str(bounds.erase.short.within) for bounds in machine.now.all_bounds} == {"0:20:00", "0:40:00"}


def test_where_no_registry_was_announced_the_file_counts(machine: Machine) -> None:
    machine.client.delete(keys.REGISTRY)
    machine.write(1, two=True, single=True, bounds=WIDE_OPEN)

    assert machine.now.single_administrator
    assert machine.now.keys[BERT.id].may_consent
    assert len(machine.now.all_bounds) == 1
