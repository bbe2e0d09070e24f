"""A wipe at a hosted Exchange, where nobody chooses a domain controller."""

from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.exchange.simulator import running_simulator
from tests.support.jobs.wipe_jobs import SERVERS_DOMAIN, make_wiping, settled

if TYPE_CHECKING:
    import redis


def test_a_phone_is_wiped_through_a_hosted_exchange(redis_client: "redis.Redis", tmp_path: Path) -> None:
    with running_simulator(tmp_path, devices=20, hosted=True) as simulator:
        wiping = make_wiping(redis_client, simulator, tmp_path, hosted=True)
        guid = wiping.fresh_device(domain=SERVERS_DOMAIN)

        action = wiping.work(wiping.request(guid), until=settled)

        cleared = wiping.clears(guid)
        executed = simulator.oracle()
        wiping.close()
    assert action.outcome == "succeeded"
    assert cleared == 1
    assert not {"Get-ExchangeServer", "Set-ADServerSettings"} & {entry["cmdlet"] for entry in executed}
