"""The demo's own server: durable, refusing to evict, on loopback, gone when stopped."""

from pathlib import Path

import pytest

from exconn.demo.embedded_valkey import EmbeddedValkey, EmbeddedValkeyError
from exconn.keyspace import connect, refuse_unfit


def test_it_is_fit_for_the_ledger_of_a_demo_and_keeps_what_it_was_given(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path) as server:
        client = connect(server.url)
        refuse_unfit(client, volatile_allowed=True)
        client.set("kept", "yes")
        assert client.config_get("bind")["bind"] == "127.0.0.1"
        client.close()

    with EmbeddedValkey(tmp_path) as server:
        client = connect(server.url)
        assert client.get("kept") == "yes"
        client.close()


def test_it_has_no_address_before_its_start(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path)
    server.stop()

    with pytest.raises(EmbeddedValkeyError, match="not started"):
        _ = server.url
