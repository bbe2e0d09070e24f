"""A seed replays exactly, but for ids and times; and a million devices cost no memory."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from tests.support.exchange.raw_wsman import RawClient
from tests.support.exchange.simulator import RunningSimulator, running_simulator
from tests.support.machine.processes import wait_until

POOL, PIPELINE = UUID(int=77), UUID(int=78)
#: What no two runs share: moments, and the request and moment in front of an error id.
MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)|RequestId=[^]]*\]")
UNLIMITED = ("ResultSize", '<S N="V">Unlimited</S>')
MEGABYTE = 1024


def text(value: str) -> str:
    return f'<S N="V">{value}</S>'


def commands(simulator: RunningSimulator) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    devices = simulator.devices(limit=9)
    guid, user = devices[4]["guid"], devices[5]["user"]
    yield "Get-MobileDevice", [UNLIMITED]
    yield "Get-CASMailbox", [UNLIMITED]
    yield "Get-MobileDeviceStatistics", [("Mailbox", text(user))]
    yield "Set-CASMailbox", [("Identity", text(user)), ("ActiveSyncBlockedDeviceIDs", text(devices[5]["device_id"]))]
    yield "Get-MobileDevice", [("Mailbox", text(user))]
    yield "Clear-MobileDevice", [("Identity", text(guid)), ("Confirm", '<B N="V">false</B>')]
    yield "Remove-MobileDevice", [("Identity", text(devices[6]["guid"])), ("Confirm", '<B N="V">false</B>')]
    yield "Get-MobileDevice", [("Identity", text(devices[6]["guid"]))]
    for _ in range(12):
        yield "Get-ActiveSyncDeviceAccessRule", []


def played(directory: Path, seed: int) -> list[bytes]:
    """The messages of a whole session, without ids and times."""
    with running_simulator(directory, devices=300, seed=seed, phone_sync="1h") as simulator:
        simulator.fault("error", "Get-ActiveSyncDeviceAccessRule", times=-1, probability=0.5)
        client = RawClient(simulator)
        client.pool = POOL
        client.open()
        heard = []
        for cmdlet, arguments in commands(simulator):
            replies = client.finish(client.run(cmdlet, *arguments, pipeline=PIPELINE))
            heard += [MOMENT.sub(b"MOMENT", f.data) for reply in replies for f in reply.fragments()]
        client.delete()
        client.close()
        return heard


def test_same_seed_and_same_commands_give_the_same_answers(tmp_path: Path) -> None:
    first, again, other = (played(tmp_path / str(n), seed) for n, seed in enumerate((11, 11, 12)))
    assert first == again
    assert first != other
    assert len(first) > 500
    assert 1 < sum(b"ADOperationException" in message for message in first) < 12


@contextmanager
def client_of(simulator: RunningSimulator) -> Iterator[RawClient]:
    client = RawClient(simulator)
    client.open()
    yield client
    client.delete()
    client.close()


def resident(simulator: RunningSimulator) -> int:
    """Kilobytes in memory."""
    found = re.search(r"^VmRSS:\s+(\d+)", Path(f"/proc/{simulator.process.pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found.group(1))


def listed(client: RawClient, cmdlet: str, count: int) -> int:
    """How many objects came; no answer is kept."""
    command = client.run(cmdlet, ("ResultSize", f'<I32 N="V">{count}</I32>'))
    objects, done = 0, False
    while not done:
        reply = client.receive(command)
        objects += sum(f.message_type == 0x41004 for f in reply.fragments())
        done = reply.is_done
    return objects


def test_a_million_devices_are_not_kept_in_memory(tmp_path: Path) -> None:
    with (
        running_simulator(tmp_path / "few", devices=20) as few,
        running_simulator(tmp_path / "many", devices=1_000_000) as many,
    ):
        assert abs(resident(many) - resident(few)) < 8 * MEGABYTE
        with client_of(many) as client:
            # Fills what is kept ready, which is bounded.
            assert listed(client, "Get-MobileDevice", 8_000) == 8_000
            settled = resident(many)
            assert listed(client, "Get-MobileDevice", 14_000) == 14_000
            assert listed(client, "Get-CASMailbox", 2_000) == 2_000
            wait_until(
                lambda: resident(many) - settled < 16 * MEGABYTE, timedelta(seconds=10), "memory as it was before"
            )


def test_changes_to_a_million_devices_are_kept_one_by_one(tmp_path: Path) -> None:
    with running_simulator(tmp_path, devices=1_000_000) as simulator, client_of(simulator) as client:
        last = simulator.devices(limit=1)[0]["guid"]
        before = resident(simulator)
        for _ in range(50):
            client.finish(client.run("Clear-MobileDevice", ("Identity", text(last)), ("Confirm", '<B N="V">false</B>')))
        assert resident(simulator) - before < 8 * MEGABYTE
        assert simulator.device(last)["wipe"]["requested"] is not None
        assert simulator.control("GET", "/health")["devices"] == 1_000_000


@pytest.mark.parametrize("devices", [0, 1])
def test_small_organizations_are_whole_too(tmp_path: Path, devices: int) -> None:
    with running_simulator(tmp_path, devices=devices) as simulator, client_of(simulator) as client:
        assert listed(client, "Get-MobileDevice", 10) == devices
