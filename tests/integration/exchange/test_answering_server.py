"""The server that answers need not be the one that was dialled: it is named, and its version counts."""

import json
from collections.abc import Iterator
from email.message import Message

import pytest

from exconn.exchange import ExchangeError, InvalidCommand, Session
from exconn.exchange.error_catalog import server_behind
from exconn.exchange.wsman.answering import UNKNOWN, answering
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.simulator import RunningSimulator, running_simulator

SERVERS = [{"name": "EX1", "host": "127.0.0.1", "version": "2019"}, {"name": "EX2", "version": "2013"}]


@pytest.fixture(scope="module")
def routed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    """EX1 of 2019 is dialled; EX2 of 2013 answers."""
    directory = tmp_path_factory.mktemp("routed")
    with running_simulator(directory, devices=4, servers=json.dumps(SERVERS), back_end="EX2") as simulator:
        yield simulator


def test_the_server_that_answers_is_named_and_decides_which_parameters_there_are(routed: RunningSimulator) -> None:
    device = routed.devices(limit=1)[0]["guid"]
    with Session.open(endpoint_of(routed)) as session:
        own = session.own(session.servers())

        assert (session.server, session.answering_server) == ("127.0.0.1", "ex2.corp.example")
        assert own is not None
        assert own.name == "EX2"
        with pytest.raises(InvalidCommand, match="2013"):
            session.clear_device(device, account_only=True)

    assert routed.oracle("Clear-*") == []


def test_an_opening_that_fails_says_who_answered(routed: RunningSimulator) -> None:
    routed.fault("too_many_shells")

    with pytest.raises(ExchangeError) as caught:
        Session.open(endpoint_of(routed))

    assert caught.value.answered_by == "ex2.corp.example"


def test_where_nobody_says_it_the_dialled_server_is_taken_to_answer(session: Session) -> None:
    servers = session.servers()

    assert session.answering_server == "ex1.corp.example"
    assert session.own(servers) == servers[0]
    assert session.own([]) is None


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        pytest.param("<a>[Server=EX1,RequestId=1,TimeStamp=2] No.</a>", "EX1", id="short"),
        pytest.param(
            "<a>\n[ClientAccessServer=EX1,BackEndServer=ex2.corp.example,RequestId=1] No", "ex2.corp.example", id="long"
        ),
        pytest.param("<a>[Server=EX1", "", id="cut off"),
        pytest.param("<a>[Server=EX1<b>]</b>", "", id="broken by a tag"),
        pytest.param("<a>No.</a>" * 1000, "", id="no prefix"),
        pytest.param("<a>[AuthZRequestId=1][FailureCategory=AuthZ] No.</a>", "", id="another prefix"),
    ],
)
def test_a_fault_names_its_server_before_its_text(fault: str, named: str) -> None:
    assert server_behind(fault) == named


@pytest.mark.parametrize("value", ["", "a b", "ex1\x1b[31m", "-ex1", "e" * 300, "ex1,ex2", "<b>"])
def test_a_header_that_names_no_host_names_nobody(value: str) -> None:
    headers = Message()
    headers["X-CalculatedBETarget"] = value

    assert answering(headers) == UNKNOWN


def test_a_header_that_comes_twice_names_the_first() -> None:
    headers = Message()
    headers["X-CalculatedBETarget"] = "ex1.corp.example"
    headers["X-CalculatedBETarget"] = "ex2.corp.example"

    assert answering(headers).back_end == "ex1.corp.example"
