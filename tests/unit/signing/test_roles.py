"""The table of roles, and the page that shows it."""

from pathlib import Path

from exconn.contracts.request import RequestKind
from exconn.signing.roles import MAY, RequesterRole

PAGE = Path(__file__).parents[3] / "docs/requesters.md"


def test_the_page_on_the_registry_shows_what_each_role_may() -> None:
    text = PAGE.read_text(encoding="utf-8")

    for role in RequesterRole:
        kinds = ", ".join(kind for kind in RequestKind if kind in MAY[role])
        shown = "everything" if MAY[role] == set(RequestKind) else kinds
        assert f"| {role} | {shown} |" in text


def test_who_only_views_changes_nothing_and_who_approves_asks_for_nothing() -> None:
    asks = {
        RequestKind.WIPE,
        RequestKind.BLOCK,
        RequestKind.ALLOW,
        RequestKind.CONNECTOR_APPLY,
    }

    assert MAY[RequesterRole.VIEW] == {RequestKind.SWEEP_START, RequestKind.POLICY_PLAN}
    assert not MAY[RequesterRole.APPROVER] & asks
    assert not MAY[RequesterRole.OPERATOR] & {RequestKind.RELEASE, RequestKind.RESUME, RequestKind.CONNECTOR_APPLY}
