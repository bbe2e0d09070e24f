"""A real Valkey server takes the rendered configuration, and what is asked of a ledger holds there; with TLS, for which
the server of these tests is not built, see test_tls.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from exconn.keyspace import refuse_unfit
from tests.chart.chart import Rendered
from tests.support.machine.valkey import RestartableValkey

#: The test looks around as the default user, which is off in a real users.acl.
USERS = """\
user default on nopass ~* &* +@all
user health on >asks resetkeys resetchannels -@all +ping
"""


def configuration(rendered: Rendered, server: str) -> dict[str, str]:
    """The rendered options of a server, by name."""
    text = rendered.one("ConfigMap", server)["data"]["valkey.conf"]
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {name: value.strip('"') for name, _, value in (line.partition(" ") for line in lines)}


@pytest.mark.parametrize("server", ["ledger", "broker"])
def test_a_real_server_takes_the_configuration(
    rendered_of: Callable[[str], Rendered], tmp_path: Path, server: str
) -> None:
    users = tmp_path / "users.acl"
    users.write_text(USERS)
    rendered = configuration(rendered_of("in-the-clear"), server)
    options = {name.replace("-", "_"): value for name, value in rendered.items() if name not in ("port", "dir")}

    with RestartableValkey(tmp_path / "data", **{**options, "aclfile": str(users)}) as started:
        client = started.client()
        for name, value in rendered.items():
            if name not in ("port", "dir", "aclfile", "maxmemory"):
                assert client.config_get(name) == {name: value}
        refuse_unfit(client, volatile_allowed=server == "broker")
        assert client.config_get("appendfsync")["appendfsync"] == "always" or server == "broker"
        client.close()
        _may_only_ping(started)


def _may_only_ping(server: RestartableValkey) -> None:
    health = redis.Redis.from_url(server.url.replace("redis://", "redis://health:asks@"), socket_timeout=5, protocol=2)
    assert health.execute_command("PING")
    with pytest.raises(redis.exceptions.NoPermissionError):
        health.get("anything")
    health.close()
