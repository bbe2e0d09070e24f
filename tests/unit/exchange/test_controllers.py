"""A domain controller is named for objects that it holds, and for no others."""

import pytest

from exconn.exchange import ObjectNotFound, asked_at, holder

ROOT, CHILD = "dc1.corp.example", "dc1.south.corp.example"
PHONE = "CN=iPhone§A1,CN=ExchangeActiveSyncDevices,CN=Ann,OU=Head Office"


@pytest.mark.parametrize(
    ("name", "controller", "named"),
    [
        pytest.param(f"{PHONE},DC=corp,DC=example", ROOT, True, id="of its domain"),
        pytest.param(f"{PHONE},dc=Corp, DC=EXAMPLE", "DC1.corp.Example", True, id="in any case"),
        pytest.param(f"{PHONE},DC=corp,DC=example", f"{ROOT}.", True, id="with the dot of the root"),
        pytest.param(f"{PHONE},DC=south,DC=corp,DC=example", CHILD, True, id="of its child domain"),
        pytest.param(f"{PHONE},DC=south,DC=corp,DC=example", ROOT, False, id="of the domain above"),
        pytest.param(f"{PHONE},DC=corp,DC=example", CHILD, False, id="of a domain below"),
        pytest.param(f"{PHONE},DC=works,DC=example", ROOT, False, id="of another tree"),
        pytest.param(f"{PHONE},DC=corp,DC=example", "dc1", False, id="a name without a domain"),
        pytest.param(f"{PHONE},DC=corp,DC=example", "", False, id="none that is known"),
        pytest.param("", ROOT, False, id="an object without a name"),
        pytest.param(r"CN=Ann\,DC=south,DC=corp,DC=example", ROOT, True, id="a name that looks like a domain"),
        pytest.param("CN=Default,CN=Configuration,DC=corp,DC=example", CHILD, True, id="configuration is everywhere"),
        pytest.param(r"CN=Default\,CN=Configuration,DC=corp,DC=example", CHILD, False, id="a name that looks like it"),
    ],
)
def test_a_controller_is_named_for_objects_that_it_holds(name: str, controller: str, named: bool) -> None:
    assert holder(name, controller) == (controller if named else "")


class Directory:
    """Has the object on some domain controllers; None stands for whichever answers."""

    def __init__(self, *has: str | None) -> None:
        self.has = has
        self.asked: list[str | None] = []

    def __call__(self, controller: str | None) -> str:
        self.asked.append(controller)
        if controller not in self.has:
            raise ObjectNotFound("Get-MobileDevice", "a device", controller or "")
        return "found"


@pytest.mark.parametrize(
    ("controller", "has", "asked"),
    [(ROOT, (ROOT,), [ROOT]), (ROOT, (None,), [ROOT, None]), ("", (None,), [None])],
    ids=["there", "elsewhere", "none named"],
)
def test_what_is_not_there_is_asked_for_once_more_without_a_controller(
    controller: str, has: tuple[str | None, ...], asked: list[str | None]
) -> None:
    directory, again = Directory(*has), []

    assert asked_at(controller, directory, again=lambda: again.append(1)) == "found"

    assert directory.asked == asked
    assert len(again) == len(asked) - 1


@pytest.mark.parametrize("controller", [ROOT, ""])
def test_what_is_nowhere_stays_not_found(controller: str) -> None:
    with pytest.raises(ObjectNotFound):
        asked_at(controller, Directory())
