"""The commands that the pages name for what they cannot do."""

from collections.abc import Sequence

from exconn.contracts import KINDS, Checks, Erases, Kind
from exconn.contracts.kinds import ACTIONS
from exconn.contracts.next_commands import NextCommand, next_commands
from exconn.monitor.answers.models import ConnectorView, DeviceDetailView, JobView, OverviewView


def for_overview(seen: OverviewView) -> list[NextCommand]:
    """What usually comes next for the system as it is."""
    if not seen.connectors:
        return [
            NextCommand("exconn connector sample > connector.toml", "begin with a definition"),
            NextCommand("exconn connector check connector.toml", "check it"),
            NextCommand("exconn connector apply connector.toml", "install the connector"),
        ]
    commands: list[NextCommand] = []
    for one in seen.connectors:
        commands += _for_connector(one)
    return [*commands, NextCommand("exconn status", "the same as text")]


def _for_connector(one: ConnectorView) -> list[NextCommand]:
    commands = [NextCommand(f"exconn sweeps start full {one.name}", f"discover the devices of {one.name}")]
    if one.switch == "running":
        commands.append(NextCommand(f"exconn brakes pause {one.name}", "stop every action at once"))
    elif one.switch == "paused":
        commands.append(NextCommand(f"exconn brakes resume {one.name}", "let actions run"))
    return commands


def for_device(device: DeviceDetailView) -> Sequence[NextCommand]:
    """What can be done with a device."""
    if device.open_action:
        return next_commands(device.open_action, device.connector)
    place = f"{device.guid} --connector {device.connector}"
    actions = [
        NextCommand(f"exconn devices {kind} {place}", f"{texts.does} (asks first)")
        for kind, texts in ACTIONS.items()
        if not _is_out_of_reach(kind, device)
    ]
    return [*actions, NextCommand(f"exconn devices show {place}", "show it as text")]


def _is_out_of_reach(kind: Kind, device: DeviceDetailView) -> bool:
    """Whether that would erase what cannot be erased from here."""
    return KINDS[kind].checks is Checks.ERASE and device.erases is Erases.NOTHING_HERE


def for_job(job: JobView) -> Sequence[NextCommand]:
    """What can be done with a job."""
    return next_commands(
        job.id,
        job.connector,
        state=job.state,
        reason=job.reason,
        outcome=job.outcome,
        device=job.device or "",
    )
