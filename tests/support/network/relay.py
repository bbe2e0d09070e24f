"""A relay in front of the simulator that may change or withhold what passes: faults that no server makes by itself."""

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.support.exchange.simulator import RunningSimulator


@dataclass
class Passing:
    """One request with its answer. `request` is the SOAP text."""

    request: str
    status: int
    body: bytes

    @property
    def action(self) -> str:
        """Command, Receive, Signal, Create, Delete …"""
        return self.request.partition("Action")[2].partition("</")[0].rpartition("/")[2]


#: Gets what passes and may change it; None cuts the connection instead of answering.
Alter = Callable[[Passing], Passing | None]


@contextmanager
def relay(simulator: RunningSimulator, alter: Alter) -> Iterator[str]:
    """The address of a relay with the simulator's own certificate."""
    target = urlsplit(simulator.url)
    trust = ssl.create_default_context(cafile=simulator.ca_file)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            onward = http.client.HTTPSConnection(str(target.hostname), target.port, timeout=30, context=trust)
            headers = {name: self.headers[name] for name in ("Authorization", "Content-Type")}
            onward.request("POST", self.path, body, headers)
            answer = onward.getresponse()
            passing = alter(Passing(body.decode(), answer.status, answer.read()))
            media = answer.headers["Content-Type"] or "application/soap+xml;charset=UTF-8"
            onward.close()
            if passing is None:
                self.close_connection = True
                return
            self.send_response(passing.status)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(passing.body)))
            self.end_headers()
            self.wfile.write(passing.body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(simulator.state_dir / "server.pem", simulator.state_dir / "server.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}{target.path}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
