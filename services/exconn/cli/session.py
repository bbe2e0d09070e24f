"""One run of the command: the flags that stand anywhere, the context, the two services."""

from dataclasses import dataclass
from functools import cached_property

import typer

from exconn.cli.context import Context, find_context
from exconn.cli.http import Site
from exconn.cli.output import Output


@dataclass
class CommandSession:
    """What every verb works with."""

    context_file: str | None = None
    as_json: bool = False
    quiet: bool = False

    @cached_property
    def out(self) -> Output:
        """Where to print."""
        return Output(as_json=self.as_json, quiet=self.quiet)

    @cached_property
    def context(self) -> Context:
        """The context in force. Raises CommandError."""
        return find_context(self.context_file)

    @property
    def monitor(self) -> Site:
        """Where everything is read."""
        remedy = "start it with exconn run monitor, or exconn demo"
        return Site(self.context.need("monitor_url"), "the monitor", remedy, self.context.ca_path)

    @property
    def intake(self) -> Site:
        """Where requests go."""
        remedy = "start it with exconn run intake, or exconn demo"
        return Site(self.context.need("intake_url"), "intake", remedy, self.context.ca_path)

    @property
    def simulator(self) -> Site:
        """The control port of a simulator."""
        return Site(self.context.need("simulator_control_url"), "the simulator", "start one with exconn demo")

    def connector(self, named: str | None) -> str:
        """The connector that is meant: as named, or the context's. Raises CommandError."""
        return named or self.context.need("connector")

    def connector_filter(self, named: str | None) -> str:
        """The connector that a list is limited to: as named, or the context's, or none."""
        return named or self.context.connector


def session_of(context: typer.Context) -> CommandSession:
    """The session of this run."""
    found = context.find_object(CommandSession)
    if found is None:
        raise LookupError("a command runs without its session")
    return found
