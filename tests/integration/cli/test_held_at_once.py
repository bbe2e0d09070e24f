"""What exceeds a limit when it is asked for: an operator sees it held at once, everywhere, with what to type."""

from tests.integration.cli.conftest import SOON, Operator, guid
from tests.support.machine.processes import wait_until


def test_the_fourth_wipe_of_a_small_fleet_is_held_at_once_and_shown_as_any_held_action(operator: Operator) -> None:
    taken = [operator.exconn("devices", "wipe", guid(number), "--yes") for number in (1, 2, 3)]
    fourth = operator.exconn("devices", "wipe", guid(4), "--yes")
    action = fourth.out.split("accepted as ")[1].split()[0]

    assert [ran.code for ran in (*taken, fourth)] == [0] * 4
    assert not any("held" in ran.out for ran in taken)
    assert "held: a person must let it go on" in fourth.out
    assert len(operator.ledger.unsettled(operator.connector)) == 4

    def is_shown() -> bool:
        return operator.exconn("actions", "list", "--state", "held", "--quiet").out.split() == [action]

    wait_until(is_shown, SOON, "the held action in the list")
    followed, shown = operator.exconn("actions", "follow", action), operator.exconn("actions", "show", action)
    brakes, status = operator.exconn("brakes", "show"), operator.exconn("status")
    assert (followed.code, shown.code, brakes.code, status.code) == (5, 0, 0, 8)
    for told in (followed, shown):
        assert f"exconn brakes release {action} --connector {operator.connector}" in told.err
    assert "Job queued" in followed.out
    assert "the circuit breaker is full" in followed.out + shown.out
    assert action in brakes.out
    assert "for a second person" in status.out
    page = operator.monitor.get(f"/jobs/{action}").text
    assert "the circuit breaker is full" in page
    assert f"exconn brakes release {action}" in page
