"""Stand where intake stands, and say that a wipe is accepted."""

import io
import threading
from contextlib import redirect_stderr, redirect_stdout
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from exconn.cli.main import main
from exconn.signing import save_signing_key
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.hands import not_wiped
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import BOSS, CONNECTOR
from tests.support.requests.signed import DEPLOYMENT

_SAID = b'{"status": "accepted", "job": "wipe-aaaaaaaaaaaaaaaa", "created": true}'


class _SaysAccepted(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Takes every request, and does nothing about it."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(HTTPStatus.ACCEPTED)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(_SAID)))
        self.end_headers()
        self.wfile.write(_SAID)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def run(company: Company) -> Outcome:
    """Lost is a wipe that its requester takes for accepted and that nobody has."""
    phones = company.phones(1)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _SaysAccepted)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    company.at_end(server.shutdown)
    context = _context(company, f"http://127.0.0.1:{server.server_port}")
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        code = main(["devices", "wipe", phones[0], "--reason", "stolen", "--yes", "--context", str(context)])
    return company.outcome(lost=not_wiped(company, phones) if code == 0 else 0)


def _context(company: Company, intake_url: str) -> Path:
    """What the person at the command line has, whose way to intake leads elsewhere."""
    key = company.folder / "boss.pem"
    save_signing_key(company.keys[BOSS], key)
    fields = {
        "monitor_url": company.cluster.monitor_url,
        "intake_url": intake_url,
        "connector": CONNECTOR,
        "requester": BOSS,
        "deployment": DEPLOYMENT,
        "key_file": str(key),
        "intake_public_key": (company.folder / "intake.pub").read_text(encoding="ascii").strip(),
    }
    path = company.folder / "context.toml"
    path.write_text("".join(f'{name} = "{value}"\n' for name, value in fields.items()), encoding="utf-8")
    return path


ATTACK = Attack(
    name="forged-accepted",
    title="somebody stands where intake stands, and says of a wipe that it is accepted",
    defence="signed-answers",
    run=run,
)
