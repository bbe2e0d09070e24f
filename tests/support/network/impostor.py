"""Somebody who plays intake: takes requests, and answers as a test wants."""

import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest


@dataclass
class Impostor:
    """Stands where intake stands: takes requests, and gives the answer that a test wants."""

    url: str
    seen: list[bytes]


Play = Callable[..., Impostor]


@pytest.fixture
def play() -> Iterator[Play]:
    """Starts an impostor: `answer` gets the envelope and gives status, body and headers."""
    started: list[http.server.ThreadingHTTPServer] = []

    def start(answer: Callable[[bytes], tuple[int, bytes, dict[str, str]]]) -> Impostor:
        seen: list[bytes] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                seen.append(self.rfile.read(int(self.headers["Content-Length"])))
                status, body, headers = answer(seen[-1])
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return None

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        started.append(server)
        return Impostor(f"http://127.0.0.1:{server.server_address[1]}", seen)

    yield start
    for server in started:
        server.shutdown()
        server.server_close()
