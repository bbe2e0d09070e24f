"""HTTP from the command line: the standard library's, because it loads in a moment; no proxy, no redirect."""

import json
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from exconn.cli.command_errors import CommandError, ExitCode

ANSWER_WITHIN = timedelta(seconds=15)
#: A page of 500 records is well below; more is not ours.
MOST_BYTES = 32 * 1024 * 1024

#: As in exconn.signing.answer_signature, which would load a library that most commands do without.
SIGNATURE_HEADER = "Exconn-Signature"

_CODE_OF_STATUS = {400: ExitCode.BAD_INPUT, 404: ExitCode.NOT_FOUND, 503: ExitCode.UNREACHABLE}


@dataclass(frozen=True)
class Reply:
    """Any answer: its status, its exact bytes, and the signature that came with it."""

    status: int
    body: bytes
    signature: str

    @property
    def json(self) -> Any:
        """What it says; nothing where it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}


@dataclass(frozen=True)
class Site:
    """One HTTP service: its address, its name, and what to type when it does not answer.

    With `ca_file`, only certificates of the authority in that file count; without, those that the system trusts.
    """

    url: str
    name: str
    remedy: str
    ca_file: Path | None = None

    def get(self, path: str, *, within: timedelta = ANSWER_WITHIN, **query: str | float | None) -> Any:
        """The JSON at `path`; absent parameters are left out. Raises CommandError."""
        asked = urlencode({name: value for name, value in query.items() if value not in (None, "")})
        status, found = self.send("GET", f"{path}?{asked}" if asked else path, within=within)
        if status >= 400:
            raise self._problem(status, found)
        return found

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON that a POST of JSON is answered with. Raises CommandError."""
        status, found = self.send("POST", path, json.dumps(body or {}).encode())
        if status >= 400:
            raise self._problem(status, found)
        return found

    def send(
        self, method: str, path: str, body: bytes | None = None, *, within: timedelta = ANSWER_WITHIN
    ) -> tuple[int, Any]:
        """Status and JSON of any answer. Raises CommandError when there is none."""
        reply = self.ask(method, path, body, within=within)
        return reply.status, reply.json

    def ask(self, method: str, path: str, body: bytes | None = None, *, within: timedelta = ANSWER_WITHIN) -> Reply:
        """Any answer. Raises CommandError when there is none."""
        parts = urlsplit(self.url)
        try:
            connection = self._connection(parts, within)
            try:
                headers = {"Accept": "application/json", "Content-Type": "application/json"}
                connection.request(method, parts.path.rstrip("/") + path, body, headers)
                return self._read(connection.getresponse())
            finally:
                connection.close()
        except (OSError, HTTPException, ValueError) as exc:
            detail = getattr(exc, "strerror", None) or str(exc) or type(exc).__name__
            raise self._away(detail) from exc

    def _connection(self, parts: SplitResult, within: timedelta) -> HTTPConnection:
        seconds = within.total_seconds()
        if parts.scheme != "https":
            return HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
        import ssl

        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except OSError as exc:
            problem = f"ca_file {self.ca_file}: {exc.strerror or exc}"
            raise CommandError(ExitCode.BAD_INPUT, problem, remedy="name the authority's certificate in PEM") from exc
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return HTTPSConnection(parts.hostname or "", parts.port, timeout=seconds, context=context)

    def _read(self, response: HTTPResponse) -> Reply:
        raw = response.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise self._away("its answer is too long")
        return Reply(response.status, raw, response.getheader(SIGNATURE_HEADER, ""))

    def _away(self, detail: str) -> CommandError:
        return CommandError(
            ExitCode.UNREACHABLE, f"{self.name} at {self.url} does not answer ({detail})", remedy=self.remedy
        )

    def _problem(self, status: int, found: Any) -> CommandError:
        said = found if isinstance(found, dict) else {}
        text = said.get("text") or said.get("error") or f"{self.name} answered {status}"
        code = _CODE_OF_STATUS.get(status, ExitCode.FAILED)
        return CommandError(code, str(text), remedy=str(said.get("remedy") or self.remedy))
