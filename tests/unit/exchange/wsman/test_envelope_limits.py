"""A SOAP answer that would cost more to parse than any sound one is refused before a parser sees it."""

import xml.parsers.expat
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pydantic import SecretStr

from exconn.exchange import Endpoint, Malformed, Session, Unreachable
from exconn.exchange.wsman.envelope_limits import LONGEST_TAG, MAX_DEPTH, MAX_QUOTES, MAX_TAGS, check_envelope
from tests.support.network.hostile_server import Hostile, http_answer, tls_files

SOAP = "application/soap+xml;charset=UTF-8"


def envelope(inside: str) -> str:
    return f'<?xml version="1.0"?><s:Envelope xmlns:s="x"><s:Body>{inside}</s:Body></s:Envelope>'


def nested(levels: int) -> str:
    return envelope("<a>" * levels + "</a>" * levels)


REFUSED = {
    "elements": envelope("<a/>" * MAX_TAGS),
    "elements as large as an answer may be": envelope("<a/>" * 2_000_000),
    "attributes": envelope("<a " + " ".join(f"a{n}=''" for n in range(400)) + "/>" + "<a b=''/>" * (MAX_QUOTES // 2)),
    "attributes with blanks around the sign": envelope("<a b = '' c = ''/>" * (MAX_QUOTES // 4)),
    "elements nested": nested(MAX_DEPTH),
    "elements nested and never ended": envelope("<a>" * 10_000),
    "a long namespace and many names": envelope(f'<a xmlns="{"u" * 100_000}">' + "".join(f"<b{n}/>" for n in range(9))),
    "a tag without end": envelope("<a " + "b" * 2 * LONGEST_TAG),
    "ends that are none": envelope('<a b="/>">' * 1000),
    "comments that hide the depth": envelope("<a><!-- </a> -->" * 1000),
    "a document type": "<!DOCTYPE a><a/>",
}
READ = {
    "an answer of many small messages": envelope('<rsp:Stream Name="stdout" CommandId="1">AAAA</rsp:Stream>' * 7_000),
    "a long text": envelope(f"<a>{'A' * 500_000}</a>"),
    "as deep as allowed": nested(MAX_DEPTH - 2),
    "a fault that quotes": envelope("<a>couldn't find 'x' on \"y\"</a>" * 100),
    "no XML at all": "",
}


@pytest.mark.parametrize("name", REFUSED)
def test_more_than_any_answer_has_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        check_envelope(REFUSED[name])


@pytest.mark.parametrize("name", READ)
def test_what_an_answer_may_be_passes(name: str) -> None:
    check_envelope(READ[name])


@pytest.mark.parametrize("status", [200, 500])
def test_a_refused_answer_is_never_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """Seen at the parser itself: how long a parse takes differs from machine to machine."""
    parsed: list[int] = []
    original: Callable[[str], ElementTree.Element] = ElementTree.fromstring

    def seen(text: str) -> ElementTree.Element:
        parsed.append(len(text))
        return original(text)

    monkeypatch.setattr(ElementTree, "fromstring", seen)
    ca_file, context = tls_files(tmp_path, "127.0.0.1")
    hostile = REFUSED["elements as large as an answer may be"].encode()

    with Hostile(lambda _: http_answer(status, hostile, Content_Type=SOAP), tls=context) as server:
        endpoint = Endpoint(url=server.url, username="svc", password=SecretStr("pw"), ca_file=ca_file)
        with pytest.raises(Malformed if status == 200 else Unreachable):
            Session.open(endpoint)

    assert len(hostile) > 8_000_000 - 100
    assert max(parsed, default=0) == 0


def test_the_depth_that_is_counted_is_the_depth_that_a_parser_finds() -> None:
    deepest = depth = 0

    def opened(*_: object) -> None:
        nonlocal deepest, depth
        depth += 1
        deepest = max(deepest, depth)

    def closed(*_: object) -> None:
        nonlocal depth
        depth -= 1

    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.Parse(READ["as deep as allowed"], True)

    assert deepest == MAX_DEPTH
