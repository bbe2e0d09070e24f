"""Looking at a connector's definition on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.output import plain

if TYPE_CHECKING:
    from exconn.connector import ConnectorDefinition


def checked(file: Path) -> "tuple[ConnectorDefinition, str]":
    """The definition in a file, and its text. Raises CommandError with every problem."""
    from exconn.connector import DefinitionError, parse_definition

    try:
        text = file.read_text(encoding="utf-8")
        return parse_definition(text), text
    except OSError as exc:
        remedy = "write one with: exconn connector sample > connector.toml"
        raise CommandError(ExitCode.BAD_INPUT, f"{file}: {exc.strerror}", remedy=remedy) from exc
    except UnicodeDecodeError as exc:
        raise CommandError(ExitCode.BAD_INPUT, f"{file}: not UTF-8 text", remedy="save it as UTF-8") from exc
    except DefinitionError as exc:
        lines = "\n".join(f"{file}: {plain(str(problem))}" for problem in exc.problems)
        remedy = f"correct the file, then: exconn connector check {file}"
        raise CommandError(ExitCode.BAD_INPUT, lines, remedy=remedy) from exc


def define(definition: "ConnectorDefinition") -> list[tuple[str, object]]:
    """What a definition says, in a few lines."""
    from exconn.connector import configured_parameters, wire_form
    from exconn.connector.values import format_duration

    groups = definition.policy.groups().items()
    configured = [configured_parameters(name, settings).items() for name, settings in groups]
    values = {name: wire_form(value) for each in configured for name, value in each}
    discovery = definition.discovery
    when = f"daily at {discovery.full_at:%H:%M} UTC" if discovery.full_at else ""
    if discovery.full_every:
        when = when or f"every {format_duration(discovery.full_every)}"
    erase = definition.limits.erase
    limits = [f"{limit.count} in {format_duration(limit.within)}" for limit in (erase.short, erase.long)]
    accounts = [role for role in ("discovery", "policy", "actions") if getattr(definition.accounts, role)]
    return [
        ("servers", [server.url for server in definition.exchange.sites()]),
        ("accounts", accounts),
        ("discovery", when),
        ("writes", [f"{name}={plain(value)}" for name, value in values.items()] or "no policy"),
        ("wipes", f"at most {', '.join(limits)}"),
    ]


def schema() -> dict[str, Any]:
    """The JSON Schema of a definition."""
    from exconn.connector import ConnectorDefinition

    return ConnectorDefinition.model_json_schema()
