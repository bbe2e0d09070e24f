"""A server that listens on a socket in the file system is reached as well."""

from pathlib import Path

from exconn.keyspace import connect
from tests.support.machine.valkey import RestartableValkey


def test_a_server_on_a_socket_in_the_file_system_answers(tmp_path: Path) -> None:
    socket = tmp_path / "s"
    server = RestartableValkey(tmp_path / "data", unixsocket=str(socket))
    server.start()
    try:
        client = connect(f"unix://{socket}")
        assert client.ping()
        client.close()
    finally:
        server.stop()
