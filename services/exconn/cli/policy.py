"""`exconn policy`: compare, then apply exactly what was compared."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from exconn.cli.accepted import longest_wait, report_accepted
from exconn.cli.command_errors import CommandError, Ended, ExitCode
from exconn.cli.confirmation import confirm
from exconn.cli.following import follow
from exconn.cli.options import ConnectorArgument, ReasonOption, TimeoutOption, WaitOption, YesOption
from exconn.cli.output import plain
from exconn.cli.policy_back import ask_for_plan
from exconn.cli.policy_plan import count_of, show_plan
from exconn.cli.send_request import send_request
from exconn.cli.session import CommandSession, session_of

if TYPE_CHECKING:
    from exconn.contracts.policy_towards import Towards


def register(app: typer.Typer) -> None:
    """Add the noun."""
    noun = typer.Typer(help="Mailbox policy: compare with Exchange, apply a plan.", no_args_is_help=True)
    noun.command("show", epilog="Example: exconn policy show")(show_policy)
    noun.command("plan", epilog="Example: exconn policy plan --wait")(plan_policy)
    noun.command("restore", epilog="Example: exconn policy restore contoso --group password --wait")(restore_policy)
    noun.command("undo", epilog="Example: exconn policy undo contoso --wait")(undo_policy)
    noun.command("apply", epilog="Example: exconn policy apply --wait")(apply_policy)
    app.add_typer(noun, name="policy")


def show_policy(context: typer.Context, connector: ConnectorArgument = None) -> None:
    """Show the newest plan; exit 8 when settings differ."""
    session = session_of(context)
    _show(session, session.monitor.get(f"/v1/policy/{session.connector(connector)}"))


def plan_policy(
    context: typer.Context,
    connector: ConnectorArgument = None,
    wait: WaitOption = False,
    timeout: TimeoutOption = "10m",
) -> None:
    """Compare the definition's settings with Exchange; writes nothing. With --wait, exit 8 when they differ."""
    _plan(context, connector, None, wait=wait, timeout=timeout)


def restore_policy(
    context: typer.Context,
    connector: ConnectorArgument = None,
    group: Annotated[str | None, typer.Option("--group", metavar="NAME", help="Only this settings group.")] = None,
    wait: WaitOption = False,
    timeout: TimeoutOption = "10m",
) -> None:
    """Plan towards what Exchange had before the groups were taken; writes nothing: exconn policy apply does.

    Put back is only what shows as it was set from here. With --wait, exit 8 when there is something to put back.
    """
    from exconn.contracts.policy_towards import Goal, Towards

    _plan(context, connector, Towards(goal=Goal.BEFORE, group=group), wait=wait, timeout=timeout)


def undo_policy(
    context: typer.Context,
    connector: ConnectorArgument = None,
    of: Annotated[str | None, typer.Option("--of", metavar="JOB", help="The apply; the newest otherwise.")] = None,
    wait: WaitOption = False,
    timeout: TimeoutOption = "10m",
) -> None:
    """Plan towards what one apply found, the newest or one of the last 20; writes nothing: exconn policy apply does.

    Put back is only what shows as that apply set it. With --wait, exit 8 when there is something to put back.
    """
    from exconn.contracts.policy_towards import Goal, Towards

    try:
        towards = Towards(goal=Goal.UNDO, job=of)
    except ValueError as exc:
        remedy = "name a job as exconn jobs list --kind policy-apply shows it"
        raise CommandError(ExitCode.BAD_INPUT, f"{of!r} is no job", remedy=remedy) from exc
    _plan(context, connector, towards, wait=wait, timeout=timeout)


def _plan(
    context: typer.Context, connector: str | None, towards: "Towards | None", *, wait: bool, timeout: str
) -> None:
    """Have a plan made, towards the definition where nothing else is named."""
    session = session_of(context)
    within = longest_wait(wait=wait, timeout=timeout)
    name = session.connector(connector)
    answer = ask_for_plan(session, name, towards)
    if within is None:
        report_accepted(session, answer, None, said=f"comparison accepted as {answer['job']}")
        return
    follow(session, answer["job"], within=within, report=False)
    _show(session, session.monitor.get(f"/v1/policy/{name}"))


def apply_policy(
    context: typer.Context,
    connector: ConnectorArgument = None,
    reason: ReasonOption = "",
    yes: YesOption = False,
    wait: WaitOption = False,
    timeout: TimeoutOption = "10m",
) -> None:
    """Apply the newest plan, exactly as it was compared. Asks first."""
    from exconn.contracts.request import RequestKind, Target

    session = session_of(context)
    within = longest_wait(wait=wait, timeout=timeout)
    name = session.connector(connector)
    found = session.monitor.get(f"/v1/policy/{name}")
    if not found["plan"] or not found["digest"] or found["drift"] is None:
        raise CommandError(ExitCode.NOT_FOUND, f"no plan of {name} can be applied", remedy="exconn policy plan --wait")
    if not found["drift"]:
        session.out.record(found, [("policy", "in step with Exchange")], name=found["plan"])
        return
    show_plan(session, found)
    confirm(session, f"Write {count_of(found['drift'])} settings to policy {plain(found['policy'])}?", yes=yes)
    target = Target(plan=found["plan"], digest=found["digest"])
    answer = send_request(session, RequestKind.POLICY_APPLY, name, target, reason=reason)
    report_accepted(session, answer, within, said=f"accepted as {answer['job']}")


def _show(session: CommandSession, found: dict[str, Any]) -> None:
    drift = found["drift"]
    if session.out.as_json:
        session.out.json(found)
    elif session.out.quiet:
        session.out.name(plain(found["plan"]))
    elif not found["plan"]:
        session.out.line(f"no plan of {found['connector']} yet: exconn policy plan --wait")
    elif drift is None:
        session.out.line(f"plan {found['plan']}: {found['outcome'] or found['state']}, not kept")
    else:
        show_plan(session, found)
    if drift:
        raise Ended(ExitCode.UNHEALTHY)
