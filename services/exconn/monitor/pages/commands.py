"""The commands that the pages name for what they cannot do."""

from typing import NamedTuple

from exconn.monitor.answers.models import ConnectorView, DeviceDetailView, JobView, OverviewView
from exconn.monitor.queries.devices import ACTION_KINDS


class ShownCommand(NamedTuple):
    """What to type, and what it does."""

    line: str
    does: str


def for_overview(seen: OverviewView) -> list[ShownCommand]:
    """What usually comes next for the system as it is."""
    if not seen.connectors:
        return [
            ShownCommand("exconn connector sample > connector.toml", "begin with a definition"),
            ShownCommand("exconn connector check connector.toml", "check it"),
            ShownCommand("exconn connector apply connector.toml", "install the connector"),
        ]
    commands: list[ShownCommand] = []
    for one in seen.connectors:
        commands += _for_connector(one)
    return [*commands, ShownCommand("exconn status", "the same as text")]


def _for_connector(one: ConnectorView) -> list[ShownCommand]:
    commands = [ShownCommand(f"exconn sweeps start full {one.name}", f"discover the devices of {one.name}")]
    if one.switch == "running":
        commands.append(ShownCommand(f"exconn brakes pause {one.name}", "stop every action at once"))
    elif one.switch == "paused":
        commands.append(ShownCommand(f"exconn brakes resume {one.name}", "let actions run"))
    return commands


def for_device(device: DeviceDetailView) -> list[ShownCommand]:
    """What can be done with a device."""
    if device.open_action:
        return for_action(device.open_action)
    return [
        ShownCommand(
            f"exconn devices wipe {device.guid} --connector {device.connector}",
            "erase this device completely (asks first)",
        ),
        ShownCommand(f"exconn devices show {device.guid} --connector {device.connector}", "the same as text"),
    ]


def for_action(job_id: str) -> list[ShownCommand]:
    """What can be done with an open action."""
    return [
        ShownCommand(f"exconn actions follow {job_id}", "wait for its end"),
        ShownCommand(f"exconn actions cancel {job_id}", "take it back while that is possible"),
    ]


def for_job(job: JobView) -> list[ShownCommand]:
    """What can be done with a job."""
    if job.state == "settled":
        return [ShownCommand(f"exconn jobs show {job.id}", "the same as text")]
    if job.kind in ACTION_KINDS:
        commands = for_action(job.id)
        if job.state == "held":
            release = f"exconn brakes release {job.id} --connector {job.connector}"
            commands.insert(0, ShownCommand(release, "let it go on (a second person may have to)"))
        return commands
    return [
        ShownCommand(f"exconn jobs retry {job.id}", "try it now"),
        ShownCommand(f"exconn jobs cancel {job.id}", "give it up"),
    ]
