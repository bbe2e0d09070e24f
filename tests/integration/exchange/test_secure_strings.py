"""Passwords as parameters: encrypted with a key of the pool that is exchanged once, or not sent at all."""

import re
import time
from datetime import timedelta

import pytest
from pydantic import SecretStr

from exconn.exchange import Command, Credential, Session, SessionGone
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.simulator import RunningSimulator
from tests.support.machine.processes import wait_until
from tests.support.network.relay import Passing, relay

SECRET = "a secret of somebody else"


def with_credential(simulator: RunningSimulator) -> Command:
    mailbox = simulator.devices(limit=1)[0]["user"]
    return Command("Get-Mailbox", {"Identity": mailbox, "Credential": Credential("OTHER\\reader", SecretStr(SECRET))})


def test_the_key_is_exchanged_once_however_old_the_session_is(simulator: RunningSimulator) -> None:
    seen: list[str] = []

    def look(passing: Passing) -> Passing:
        seen.append(passing.action)
        assert SECRET not in passing.request
        return passing

    timeout = timedelta(seconds=1)
    with (
        relay(simulator, look) as url,
        Session.open(endpoint_of(simulator, url=url, operation_timeout=timeout)) as session,
    ):
        opened = time.monotonic()
        wait_until(lambda: time.monotonic() - opened > 1.2, timedelta(seconds=5), "a session that is not fresh")
        for _ in range(3):
            session.run(with_credential(simulator))

    assert seen.count("Send") == 1
    executed = simulator.oracle("Get-Mailbox")[-3:]
    assert [SECRET in str(entry) for entry in executed] == [False] * 3


def test_without_a_key_the_command_is_not_sent(simulator: RunningSimulator) -> None:
    seen: list[str] = []

    def withhold(passing: Passing) -> Passing:
        """Everything but the key: the pool answers, and says nothing."""
        if seen and passing.action == "Receive":
            passing.body = re.sub(rb"<rsp:Stream\b[^>]*>[^<]*</rsp:Stream>", b"", passing.body)
        if seen:
            seen.append(passing.action)
        return passing

    timeout = timedelta(seconds=2)
    with (
        relay(simulator, withhold) as url,
        Session.open(endpoint_of(simulator, url=url, operation_timeout=timeout)) as session,
    ):
        assert session.dialect == "MobileDevice"
        seen.append("armed")
        with pytest.raises(SessionGone) as caught:
            session.run(with_credential(simulator))

    assert "no key for secure strings, so the command was not sent" in str(caught.value)
    assert "Command" not in seen
    assert not session.usable
