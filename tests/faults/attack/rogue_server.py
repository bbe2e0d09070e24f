"""The thief's server, which takes passwords: what arrived at it."""

import base64
import re
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from tests.faults.attack.company import Company
from tests.support.machine.processes import comes_true
from tests.support.network.hostile_server import Hostile, http_answer, tls_files

#: Not among the hosts of the company's Exchange.
HOST = "127.0.0.9"
#: In this time a worker whose definition leads there has been there: absence needs time, not a condition.
COMES_WITHIN = timedelta(seconds=20)
_BASIC = re.compile(rb"Authorization: Basic ([A-Za-z0-9+/=]+)", re.IGNORECASE)


class RogueServer:
    """Listens until the company's end, with a certificate that the workers would trust."""

    def __init__(self, company: Company) -> None:
        place = company.folder / "rogue"
        place.mkdir()
        self.ca_file, tls = tls_files(place, HOST)
        self._server = Hostile(lambda _: http_answer(401, WWW_Authenticate="Basic"), tls=tls, host=HOST)
        self._server.__enter__()
        company.at_end(self._server.__exit__)

    @property
    def url(self) -> str:
        return self._server.url

    def passwords(self) -> set[str]:
        """All that somebody signed in with."""
        found = (base64.b64decode(one).decode() for one in _BASIC.findall(bytes(self._server.seen)))
        return {text.partition(":")[2] for text in found}

    def secrets_out(self, secrets: Collection[str]) -> int:
        """How many of these arrived, once all had the time to."""
        comes_true(lambda: self.passwords() >= set(secrets), COMES_WITHIN)
        return len(self.passwords() & set(secrets))


def secret_in(path: Path) -> str:
    """The one line of a file."""
    return path.read_text(encoding="utf-8").strip()
