"""The verbs of `exconn devices` that ask for an action: one for each kind of action, made from its row."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from exconn.cli.accepted import longest_wait, report_accepted
from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.confirmation import confirm
from exconn.cli.find_device import find_device
from exconn.cli.following import duration_of, watch_line
from exconn.cli.options import ConnectorOption, DeviceArgument, ReasonOption, TimeoutOption, WaitOption, YesOption
from exconn.cli.output import moment, plain
from exconn.cli.send_request import send_request
from exconn.cli.session import CommandSession, session_of
from exconn.cli.wipe_preview import show_wipe

if TYPE_CHECKING:
    from exconn.contracts import ActionTexts, Kind

ValidOption = Annotated[str, typer.Option("--valid", metavar="DURATION", help="Until when it may begin.")]


def register_actions(noun: typer.Typer) -> None:
    """Add a verb for each kind of action."""
    from exconn.contracts.kinds import ACTIONS

    for kind, texts in ACTIONS.items():
        example = f"Example: exconn devices {kind} jdoe_iPhone --reason {texts.why} --wait"
        about = f"{texts.about} Asks first; prints the action id."
        noun.command(kind.value, help=about, epilog=example)(_verb_of(kind, texts))


def _verb_of(kind: "Kind", texts: "ActionTexts") -> Callable[..., None]:
    def ask_for_action(
        context: typer.Context,
        device: DeviceArgument,
        reason: ReasonOption = "",
        yes: YesOption = False,
        wait: WaitOption = False,
        timeout: TimeoutOption = "10m",
        valid: ValidOption = "72h",
        connector: ConnectorOption = None,
    ) -> None:
        from exconn.contracts.request import RequestKind, Target

        session = session_of(context)
        within, valid_for = longest_wait(wait=wait, timeout=timeout), duration_of(valid)
        named = find_device(session, device, session.connector(connector), exact=True)
        found = session.monitor.get(f"/v1/devices/{named['guid']}", connector=named["connector"])
        _refuse_second(found)
        _preview(session, found, kind)
        confirm(session, texts.question.format(device=plain(found["name"])), yes=yes)
        target = Target(device=found["guid"])
        asked = RequestKind(kind.value)
        answer = send_request(
            session, asked, found["connector"], target, reason=reason, valid_for=valid_for, shown=found
        )
        report_accepted(session, answer, within, said=f"accepted as {answer['job']}")

    return ask_for_action


def _refuse_second(device: dict[str, Any]) -> None:
    if device["open_action"]:
        raise CommandError(
            ExitCode.REFUSED,
            f"the device has an open action: {device['open_action']}",
            remedy=watch_line(device["open_action"]),
        )


def _preview(session: CommandSession, device: dict[str, Any], kind: "Kind") -> None:
    from exconn.contracts import KINDS, Checks

    session.out.line(f"device     {plain(device['name'])} ({device['guid']})")
    session.out.line(f"user       {plain(device['owner_name'])}, {plain(device['owner_address'])}")
    session.out.line(f"id         {plain(device['device_id'])}, {plain(device['device_type'])}")
    session.out.line(f"model      {plain(device['model'])}, {plain(device['os'])}")
    session.out.line(f"last sync  {moment(device['last_sync'])}, {plain(device['status'])}")
    checks = KINDS[kind].checks
    if checks in (Checks.ACCESS, Checks.ALLOW):
        session.out.line(f"access     {plain(device['access_state'])}")
    if checks is not Checks.ERASE:
        return
    show_wipe(session, device)
    if device["wipe"]["acknowledged"]:
        session.out.line(f"! wiped before: acknowledged {moment(device['wipe']['acknowledged'])}")
