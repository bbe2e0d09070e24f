"""Putting policy back before its connector is removed: plan, apply, both followed to their ends."""

from datetime import timedelta

from exconn.cli.command_errors import CommandError, Ended, ExitCode
from exconn.cli.following import follow
from exconn.cli.policy_back import ask_for_plan
from exconn.cli.policy_plan import show_plan
from exconn.cli.send_request import send_request
from exconn.cli.session import CommandSession


def restore_first(session: CommandSession, connector: str, *, reason: str, within: timedelta) -> None:
    """Have Exchange get back what it had before the groups were taken.

    Raises CommandError or Ended where that is not so yet: what to do then is said.
    """
    try:
        _restore(session, connector, reason, within)
    except (CommandError, Ended):
        session.out.note(f"{connector} was not removed, as its policy is not put back.")
        session.out.note(f"  see how far it is:\n    exconn policy show {connector}")
        session.out.note(f"  once it is put back:\n    exconn connector remove {connector}")
        raise


def _restore(session: CommandSession, connector: str, reason: str, within: timedelta) -> None:
    from exconn.contracts.policy_towards import Goal, Towards
    from exconn.contracts.request import RequestKind, Target

    asked = ask_for_plan(session, connector, Towards(goal=Goal.BEFORE))
    session.out.line(f"comparison accepted as {asked['job']}")
    follow(session, asked["job"], within=within, report=False)
    found = session.monitor.get(f"/v1/policy/{connector}")
    if found["plan"] != asked["job"]:
        raise CommandError(ExitCode.REFUSED, f"{found['plan']} was made meanwhile", remedy="do it again")
    show_plan(session, found)
    if not found["drift"]:
        return
    target = Target(plan=found["plan"], digest=found["digest"])
    answer = send_request(session, RequestKind.POLICY_APPLY, connector, target, reason=reason)
    session.out.line(f"accepted as {answer['job']}")
    follow(session, answer["job"], within=within, report=False)
