"""One object was asked for: it is the right one, there is none, or the answer is not understood."""

import pytest

from exconn.exchange import Malformed
from exconn.exchange.one_object import the_one

GUID, OTHER = "0A1B2C3D-0000-0000-0000-000000000001", "0a1b2c3d-0000-0000-0000-000000000002"
DN = "CN=Ann,OU=Sales,DC=contoso,DC=test"


def test_the_object_of_that_guid_or_name_is_found() -> None:
    assert the_one([{"Guid": GUID.lower()}], GUID) == {"Guid": GUID.lower()}
    assert the_one([{"Guid": OTHER}], DN) == {"Guid": OTHER}
    assert the_one([{"Guid": OTHER}], "") == {"Guid": OTHER}


def test_nothing_and_everything_else_mean_that_there_is_none() -> None:
    assert the_one([], GUID) is None
    assert the_one([{"Guid": OTHER}, {"Guid": "x"}], GUID) is None
    assert the_one([{"DistinguishedName": "CN=Bob"}, {"DistinguishedName": "CN=Eve"}], DN) is None


@pytest.mark.parametrize(
    ("found", "identity"),
    [
        pytest.param([{"Guid": OTHER}], GUID, id="another object alone"),
        pytest.param([{"Guid": GUID}, {"Guid": OTHER}], GUID, id="more than the object"),
        pytest.param([{"DistinguishedName": DN.upper()}] * 2, DN, id="the object twice"),
        pytest.param([{"Guid": GUID}, {"Guid": OTHER}], "", id="several where there is one"),
    ],
)
def test_an_answer_that_fits_neither_is_not_believed(found: list[dict[str, str]], identity: str) -> None:
    with pytest.raises(Malformed):
        the_one(found, identity)
