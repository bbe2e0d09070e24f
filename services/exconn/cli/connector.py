"""`exconn connector`: define, arm, look, remove."""

from pathlib import Path
from typing import Annotated, Any

import typer

from exconn.cli.accepted import longest_wait, report_accepted
from exconn.cli.changes import list_pending, pending, report_pending
from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.confirmation import confirm
from exconn.cli.definition_file import checked, define, schema
from exconn.cli.following import duration_of
from exconn.cli.options import ConnectorArgument, ReasonOption, TimeoutOption, WaitOption, YesOption
from exconn.cli.output import moment, plain
from exconn.cli.send_request import send_request
from exconn.cli.session import session_of

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The definition, a TOML file.")]
FeatureArgument = Annotated[str, typer.Argument(metavar="policy|actions", help="What to arm or disarm.")]
NameArgument = Annotated[str, typer.Argument(metavar="CONNECTOR", help="The connector's name.")]
_COLUMNS = ("name", "state", "revision", "devices", "armed", "switch")


def register(app: typer.Typer) -> None:
    """Add the noun."""
    noun = typer.Typer(help="Connectors: one per Exchange organization.", no_args_is_help=True)
    noun.command("sample", epilog="Example: exconn connector sample > connector.toml")(print_sample)
    noun.command("schema", epilog="Example: exconn connector schema > connector.schema.json")(print_schema)
    noun.command("check", epilog="Example: exconn connector check connector.toml")(check_definition)
    noun.command("plan", epilog="Example: exconn connector plan connector.toml")(plan_definition)
    noun.command("apply", epilog="Example: exconn connector apply connector.toml --wait")(apply_definition)
    noun.command("list", epilog="Example: exconn connector list")(list_connectors)
    noun.command("show", epilog="Example: exconn connector show contoso")(show_connector)
    noun.command("install", epilog="Example: exconn connector install contoso --wait")(install_now)
    noun.command("arm", epilog="Example: exconn connector arm contoso actions --wait")(arm_feature)
    noun.command("disarm", epilog="Example: exconn connector disarm contoso actions")(disarm_feature)
    noun.command("remove", epilog="Example: exconn connector remove contoso --restore-policy")(remove_connector)
    app.add_typer(noun, name="connector")


def print_sample(
    context: typer.Context,
    name: str = typer.Option("contoso", "--name", help="The connector's name."),
) -> None:
    """Print a definition to start from."""
    from exconn.connector import sample_definition

    out = session_of(context).out
    text = sample_definition(name)
    if out.as_json:
        out.json({"definition": text})
    else:
        out.name(text.rstrip("\n"))


def print_schema(context: typer.Context) -> None:
    """Print the JSON Schema of a definition."""
    session_of(context).out.json(schema())


def check_definition(context: typer.Context, file: FileArgument) -> None:
    """Check a definition without asking anybody; lists every problem with its line."""
    out = session_of(context).out
    definition, _ = checked(file)
    value = definition.model_dump(mode="json")
    out.record(value, [("file", file), *define(definition)], name=definition.name)


def plan_definition(context: typer.Context, file: FileArgument) -> None:
    """Show what applying a definition would begin; changes nothing."""
    session = session_of(context)
    definition, _ = checked(file)
    found = {c["name"]: c for c in session.monitor.get("/v1/connectors")["connectors"]}.get(definition.name)
    state = found["state"] if found else "new"
    effect = {
        "new": "it is flagged for installation, which only reads",
        "removed": "it is flagged for installation again, which only reads",
        "flagged": "a new revision if it differs; its installation is tried at once",
        "installed": "a new revision if it differs; jobs from then on use it, servers and accounts at once",
    }.get(state, "unknown: the ledger is out of reach")
    revision = found["revision"] if found else None
    value = {"connector": definition.name, "state": state, "revision": revision, "effect": effect}
    pairs = [("connector", definition.name), ("now", state), ("revision", revision), ("on apply", effect)]
    session.out.record(value, [*pairs, *define(definition)], name=definition.name)


def apply_definition(
    context: typer.Context,
    file: FileArgument,
    reason: ReasonOption = "",
    wait: WaitOption = False,
    timeout: TimeoutOption = "10m",
) -> None:
    """Take a definition into service. A new connector is installed and only observes."""
    from exconn.contracts.request import RequestKind, Target

    session = session_of(context)
    within = longest_wait(wait=wait, timeout=timeout)
    definition, text = checked(file)
    answer = send_request(session, RequestKind.CONNECTOR_APPLY, definition.name, Target(definition=text), reason=reason)
    details = answer["details"]
    if "change" in details:
        report_pending(
            session, answer, said=f"{definition.name}: nothing was changed yet; a second person must release:"
        )
    report_accepted(
        session, answer, within, said=f"{definition.name}: revision {details['revision']}, {details['state']}"
    )


def list_connectors(context: typer.Context) -> None:
    """List connectors."""
    session = session_of(context)
    found = session.monitor.get("/v1/connectors")
    rows = [{**one, "armed": one["armed"] or "nothing"} for one in found["connectors"]]
    empty = "no connector yet: exconn connector sample > connector.toml"
    session.out.listing(found, rows, _COLUMNS, name="name", empty=empty, wrap=("armed",))


def show_connector(context: typer.Context, connector: ConnectorArgument = None) -> None:
    """Show one connector."""
    session = session_of(context)
    found = session.monitor.get(f"/v1/connectors/{session.connector(connector)}")
    changes = pending(session, found["name"])
    session.out.record({**found, "changes": changes}, _fields(found), name=found["name"])
    list_pending(session, changes)


def install_now(
    context: typer.Context,
    connector: ConnectorArgument = None,
    wait: WaitOption = False,
    timeout: TimeoutOption = "10m",
) -> None:
    """Try a waiting installation now, not in an hour."""
    from exconn.contracts.request import RequestKind, Target

    session = session_of(context)
    within = longest_wait(wait=wait, timeout=timeout)
    name = session.connector(connector)
    jobs = session.monitor.get("/v1/jobs", connector=name, kind="install", limit=20)["jobs"]
    waiting = next((job["id"] for job in jobs if job["state"] != "settled"), None)
    if waiting is None:
        raise CommandError(
            ExitCode.NOT_FOUND, f"no installation of {name} waits", remedy=f"exconn connector show {name}"
        )
    answer = send_request(session, RequestKind.JOB_RETRY, name, Target(jobs=(waiting,)))
    report_accepted(session, answer, within, said="; ".join(answer["details"]["results"]))


def arm_feature(
    context: typer.Context,
    connector: NameArgument,
    feature: FeatureArgument,
    reason: ReasonOption = "",
    wait: WaitOption = False,
    timeout: TimeoutOption = "20m",
) -> None:
    """Arm policy or actions: a preflight in Exchange arms it when it succeeds.

    It looks for missing rights again for 15 minutes, while the directory replicates them.
    """
    from exconn.contracts.request import RequestKind

    session = session_of(context)
    within = longest_wait(wait=wait, timeout=timeout)
    answer = send_request(session, RequestKind.CONNECTOR_ARM, connector, _target(feature), reason=reason)
    report_accepted(session, answer, within, said=f"preflight for {feature} accepted as {answer['job']}")


def disarm_feature(
    context: typer.Context, connector: NameArgument, feature: FeatureArgument, reason: ReasonOption = ""
) -> None:
    """Disarm policy or actions at once. Does not ask: it only takes power away."""
    from exconn.contracts.request import RequestKind

    session = session_of(context)
    answer = send_request(session, RequestKind.CONNECTOR_DISARM, connector, _target(feature), reason=reason)
    armed = ", ".join(answer["details"]["armed"]) or "nothing (observing)"
    report_accepted(session, answer, None, said=f"{connector} is armed for: {armed}")


def remove_connector(
    context: typer.Context,
    connector: NameArgument,
    restore_policy: Annotated[
        bool, typer.Option("--restore-policy", help="First put policy back; removes nothing unless that succeeds.")
    ] = False,
    reason: ReasonOption = "",
    yes: YesOption = False,
    timeout: TimeoutOption = "10m",
) -> None:
    """Remove a connector; Exchange, its policy and its devices stay as they are. Asks first.

    With --restore-policy Exchange gets back what it had before the settings groups were taken, as far as it still shows
    what was set from here. Where that waits for a second person, or fails, the connector stays.
    """
    from exconn.contracts.request import RequestKind

    session, within = session_of(context), duration_of(timeout)
    found = session.monitor.get(f"/v1/connectors/{connector}")
    session.out.line(f"{connector}: {found['state']}, {found['devices']} devices, armed: {plain(found['armed'])}")
    question = f"Put policy back, then remove {connector}?" if restore_policy else f"Remove {connector}?"
    confirm(session, question, yes=yes)
    if restore_policy:
        from exconn.cli.policy_first import restore_first

        restore_first(session, connector, reason=reason, within=within)
    answer = send_request(session, RequestKind.CONNECTOR_REMOVE, connector, reason=reason)
    report_accepted(session, answer, None, said=f"{connector} is removed")


def _target(feature: str) -> Any:
    from exconn.contracts.request import Target

    if feature == "policy":
        return Target(feature="policy")
    if feature == "actions":
        return Target(feature="actions")
    raise CommandError(ExitCode.BAD_INPUT, f"{feature!r} cannot be armed", remedy="say policy or actions")


def _fields(found: dict[str, Any]) -> list[tuple[str, object]]:
    return [
        ("connector", found["name"]),
        ("state", found["state"]),
        ("status id", found["status_id"]),
        ("revision", found["revision"]),
        ("organization", found["organization"]),
        ("armed", found["armed"] or "nothing (observing)"),
        ("switch", found["switch"]),
        ("devices", found["devices"]),
        ("applied", moment(found["applied_at"])),
        ("installed", moment(found["installed_at"])),
        ("last error", found["last_error"]),
    ]
