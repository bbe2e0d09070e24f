"""An ssh agent with one key that software plays: a hardware key in it is touched, or is not."""

import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from exconn.signing.ssh_wire import SshReader
from tests.support.requests.ssh_signatures import SshKey, text

_IDENTITIES, _IDENTITIES_ANSWER, _SIGN, _SIGN_ANSWER = 11, 12, 13, 14
_FAILURE = b"\x05"


@contextmanager
def software_agent(key: SshKey, *, flags: int = 1, refuses: bool = False) -> Iterator[Path]:
    """The socket of an agent; with `refuses` its person says no."""
    # The address of a socket is short, and folders of tests are not.
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        place = Path(folder) / "agent"
        listening.bind(os.fspath(place))
        listening.listen()

        def answer_all() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    _serve(connection, key, flags, refuses)

        answering = threading.Thread(target=answer_all, daemon=True)
        answering.start()
        try:
            yield place
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            answering.join(10)


def _serve(connection: socket.socket, key: SshKey, flags: int, refuses: bool) -> None:
    with connection.makefile("rwb") as stream:
        while head := stream.read(4):
            asked = SshReader(stream.read(struct.unpack(">I", head)[0]))
            kind = asked.byte("type")
            answer = _FAILURE
            if kind == _IDENTITIES:
                answer = bytes([_IDENTITIES_ANSWER]) + struct.pack(">I", 1) + text(key.blob) + text("anna@laptop")
            elif kind == _SIGN and asked.string("key") == key.blob and not refuses:
                answer = bytes([_SIGN_ANSWER]) + text(key.inner(asked.string("data"), flags=flags))
            stream.write(text(answer))
            stream.flush()
