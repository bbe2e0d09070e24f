"""An HTTP proxy on loopback that connects whoever asks with CONNECT, and knows where to."""

import contextlib
import threading
from socket import SHUT_RDWR, create_connection, create_server, socket
from typing import Self

_CHUNK = 65536
_LONGEST_HEAD = 4096


class ConnectProxy:
    """Serves until the end of the `with` block. `asked` holds the head of each request that it understood.

    `account`: the value of Proxy-Authorization without which it answers 407.
    """

    def __init__(self, account: bytes = b"") -> None:
        self._account = account
        self._listener = create_server(("127.0.0.1", 0))
        self._open: list[socket] = [self._listener]
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked: list[bytes] = []
        self.passed = bytearray()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            head = b""
            while not head.endswith(b"\r\n\r\n") and len(head) < _LONGEST_HEAD:
                head += client.recv(1)
            method, target, _ = head.split(b"\r\n")[0].split(b" ")
            if method != b"CONNECT":
                client.sendall(b"HTTP/1.1 405 X\r\nContent-Length: 0\r\n\r\n")
                return
            self.asked.append(head)
            if self._account not in head:
                refusal = b"HTTP/1.1 407 X\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n"
                client.sendall(refusal)
                return
            host, _, port = target.decode().rpartition(":")
            server = create_connection((host, int(port)), timeout=10)
            server.settimeout(None)
            self._open.append(server)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            threading.Thread(target=self._pass_on, args=(server, client, bytearray()), daemon=True).start()
            self._pass_on(client, server, self.passed)

    @staticmethod
    def _pass_on(source: socket, target: socket, heard: bytearray) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                heard += data
                target.sendall(data)
        for connection in (source, target):
            with contextlib.suppress(OSError):
                connection.shutdown(SHUT_RDWR)
