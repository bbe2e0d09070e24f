"""The control port: what the world looks like, what was executed, and faults and phones on order."""

import json
import logging
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from exconn.simulator.control.orders import ControlApi
from exconn.simulator.errors import BadRequest

log = logging.getLogger(__name__)

_MOST_READ = 1024 * 1024


class ControlPort(ThreadingHTTPServer):
    """Plain HTTP with JSON, for tests and demonstrations only."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], api: ControlApi) -> None:
        self.api = api
        super().__init__(address, _Handler)


class _Answer(NamedTuple):
    status: int
    body: dict[str, Any]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    timeout = 60
    server: ControlPort

    def do_GET(self) -> None:
        """Look."""
        self._answer("GET")

    def do_POST(self) -> None:
        """Order."""
        self._answer("POST")

    def do_DELETE(self) -> None:
        """Cancel."""
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        answer = self._decide(method)
        body = json.dumps(answer.body, default=str).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _decide(self, method: str) -> _Answer:
        address = urlsplit(self.path)
        path = [unquote(p) for p in address.path.split("/") if p]
        query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        try:
            return _Answer(200, self.server.api.answer(method, path, query, self._json()))
        except BadRequest as problem:
            return _Answer(problem.status, {"error": problem.error, "remedy": problem.remedy})
        except Exception:
            log.exception("a control request broke")
            return _Answer(500, {"error": "the simulator broke", "remedy": "see its log"})

    def _json(self) -> dict[str, Any]:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MOST_READ:
            self.close_connection = True
            raise BadRequest("the body is too large", "send less than a megabyte", status=413)
        text = self.rfile.read(length)
        try:
            content = json.loads(text) if text else {}
        except ValueError as exc:
            raise BadRequest(f"the body is not JSON: {exc}", "send a JSON object") from exc
        if not isinstance(content, dict):
            raise BadRequest("the body is no object", "send a JSON object")
        return content

    def log_message(self, *_args: Any) -> None:
        """Quiet."""
