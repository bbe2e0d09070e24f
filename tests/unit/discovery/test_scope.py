"""Whose devices are discovered."""

import pytest

from exconn.connector import Discovery
from exconn.discovery.scope import Scope

SALES = "CN=Ann,OU=Sales,DC=contoso,DC=test"


@pytest.mark.parametrize(
    ("containers", "owner", "inside"),
    [
        pytest.param((), SALES, True, id="no containers: everybody"),
        pytest.param((), "", True, id="no containers: even nobody"),
        pytest.param(("OU=Sales,DC=contoso,DC=test",), SALES, True, id="directly inside"),
        pytest.param(("DC=contoso,DC=test",), SALES, True, id="further down"),
        pytest.param(("ou=sales, dc=CONTOSO, dc=test",), SALES, True, id="case and blanks do not matter"),
        pytest.param(("OU=Service,DC=contoso,DC=test",), SALES, False, id="another container"),
        pytest.param(("U=Sales,DC=contoso,DC=test",), SALES, False, id="the end of a name is no container"),
        pytest.param(("OU=HR,DC=contoso,DC=test", "OU=Sales,DC=contoso,DC=test"), SALES, True, id="one of several"),
    ],
)
def test_an_owner_is_inside_when_a_container_holds_it(containers: tuple[str, ...], owner: str, inside: bool) -> None:
    scope = Scope(Discovery(find_all=not containers, containers=containers))

    assert scope.holds(owner) is inside
