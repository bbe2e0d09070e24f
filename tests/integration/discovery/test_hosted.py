"""A hosted Exchange: one address, three sessions, no cmdlet that only an organization's own servers have."""

from pathlib import Path

from tests.integration.discovery.scene import Scene
from tests.support.exchange.simulator import running_simulator
from tests.support.machine.processes import ChildProcesses
from tests.support.machine.valkey import RestartableValkey

ON_PREMISES_ONLY = {"Get-ExchangeServer", "Set-ADServerSettings"}


def test_a_hosted_exchange_is_installed_and_swept(
    tmp_path: Path, restartable_valkey: RestartableValkey, processes: ChildProcesses
) -> None:
    with running_simulator(tmp_path, devices=60, hosted=True) as simulator:
        scene = Scene(restartable_valkey, simulator, processes)
        scene.apply(hosted=True)
        scene.worker()

        scene.installed_and_swept()

        executed = simulator.oracle()
        scene.close()
    assert not ON_PREMISES_ONLY & {entry["cmdlet"] for entry in executed}
    assert not any("DomainController" in entry["parameters"] for entry in executed)
    assert len({entry["shell_id"] for entry in executed}) <= 3
    assert any("MobileDeviceStatistics" in entry["cmdlet"] for entry in executed)
