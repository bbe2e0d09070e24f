"""What messages go through: a connection, signed in, with each message encrypted where the connection is not.

A message is sent once. Only the answer 401 is followed by a second attempt, after signing in anew: it proves that
nothing was run.
"""

import base64
import struct
from dataclasses import replace

from spnego.exceptions import SpnegoError

from exconn.exchange.endpoint import Endpoint
from exconn.exchange.error_catalog import server_behind
from exconn.exchange.error_mapping import NoAnswer, http_error
from exconn.exchange.errors import ExchangeError, Malformed, NotSoap, Unauthorized
from exconn.exchange.wsman import kerberos, message_encryption
from exconn.exchange.wsman.authentication import MOST_STEPS, Handshake, check_available, scheme_for
from exconn.exchange.wsman.bad_requests import bad_request
from exconn.exchange.wsman.deadline import Deadline
from exconn.exchange.wsman.envelope_limits import check_envelope
from exconn.exchange.wsman.http import Connection, HttpResponse
from exconn.exchange.wsman.tls_versions import ConnectionReset, Tls13Refused, is_refused, remember_lowered

_SOAP = "application/soap+xml;charset=UTF-8"
#: What a client writes that has shown its certificate (DSP0226, Annex C).
_MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"


class Channel:
    """Messages out, answers in, one at a time. For one thread."""

    def __init__(self, endpoint: Endpoint) -> None:
        check_available(endpoint)
        self._endpoint = endpoint
        self._connection = Connection(endpoint)
        self._handshake: Handshake | None = None
        self._scheme = ""
        #: Whether a message has had a good answer.
        self._let_in_before = False
        #: The server that answered, where it says so: the one that was dialled may pass requests on.
        self.answering_server = ""

    def send(self, message: bytes, seconds: float) -> tuple[int, str]:
        """HTTP status and text of the answer. Raises typed errors, and NoAnswer when a request was left unanswered."""
        deadline = Deadline(seconds + self._endpoint.connect_timeout.total_seconds())
        answer = self._answer(message, deadline)
        if answer.status == 400 and not _is_soap(answer):
            raise self._refused(answer)
        text = self._text_of(answer)
        self._let_in_before = self._let_in_before or answer.status == 200
        by_fault = server_behind(text) if answer.status != 200 else ""
        self.answering_server = answer.answering.back_end or by_fault or self.answering_server
        return answer.status, text

    def close(self) -> None:
        """Drop the connection and what was proven on it."""
        self._handshake = None
        self._connection.close()

    # -- signing in ---------------------------------------------------------------------------------------

    def _answer(self, message: bytes, deadline: Deadline) -> HttpResponse:
        """Signs in with TLS 1.2 where TLS 1.3 does not come about: once, and only before anything was answered."""
        try:
            answer = self._post_signed_in(message, deadline)
            if self._connection.speaks_tls_13 and is_refused(answer.status, answer.body):
                raise Tls13Refused
        except (ConnectionReset, Tls13Refused) as exc:
            if self._let_in_before or not self._connection.speaks_tls_13:
                raise
            self.close()
            self._connection.lower_tls()
            answer = self._post_signed_in(message, deadline)
            if not is_refused(answer.status, answer.body):
                remember_lowered(self._endpoint.server, self._endpoint.port, exc.detail)
        return answer

    def _post_signed_in(self, message: bytes, deadline: Deadline) -> HttpResponse:
        anew = self._connection.ensure(deadline)
        if self._endpoint.auth in ("basic", "certificate"):
            answer = self._connection.post(message, {"Content-Type": _SOAP, "Authorization": self._fixed()}, deadline)
            return self._let_in(answer)
        signed_in = self._handshake is not None and not anew
        if signed_in:
            answer = self._post(message, deadline)
            if answer.status != 401:
                return answer
            self._connection.ensure(deadline)
        return self._let_in(self._sign_in(message, deadline))

    def _fixed(self) -> str:
        endpoint = self._endpoint
        if endpoint.auth == "certificate":
            return _MUTUAL
        pair = f"{endpoint.username}:{endpoint.password.get_secret_value()}"
        return "Basic " + base64.b64encode(pair.encode()).decode("ascii")

    def _sign_in(self, message: bytes, deadline: Deadline) -> HttpResponse:
        """Token by token. Over https the message goes with them; over http it follows, encrypted."""
        self._handshake = None
        if not self._scheme:
            asked = self._connection.post(b"", {}, deadline)
            if asked.status != 401:
                raise self._refused(asked)
            self._scheme = scheme_for(self._endpoint, asked.challenges)
            self._connection.ensure(deadline)
        handshake = Handshake(self._endpoint, self._scheme, self._connection.channel)
        answer = self._exchange_tokens(handshake, message if self._endpoint.tls else b"", deadline)
        if answer.status == 401:
            return answer
        handshake.must_be_complete()
        self._handshake = handshake
        if self._endpoint.tls:
            return answer
        if answer.status != 200:
            raise self._refused(answer)
        return self._post(message, deadline)

    def _exchange_tokens(self, handshake: Handshake, body: bytes, deadline: Deadline) -> HttpResponse:
        said: str | None = handshake.begin()
        for _ in range(MOST_STEPS):
            headers = {"Authorization": said or ""} | ({"Content-Type": _SOAP} if body else {})
            answer = self._connection.post(body, headers, deadline)
            said = handshake.go_on(answer.challenges)
            if said is None or answer.status != 401:
                return answer
        raise Malformed("a server that never has enough of signing in")

    def _let_in(self, answer: HttpResponse) -> HttpResponse:
        if answer.status != 401:
            return answer
        self._handshake = None
        endpoint = self._endpoint
        if endpoint.auth == "kerberos":
            detail = f"HTTP 401: the ticket for HTTP/{endpoint.kerberos_host or endpoint.server} was not accepted"
            raise Unauthorized(endpoint.server, endpoint.username, detail, kerberos.TICKET_REFUSED)
        if endpoint.auth == "certificate":
            remedy = "Have the certificate mapped to the account on the server, and look whether it has expired."
            raise Unauthorized(endpoint.server, endpoint.username, "HTTP 401 to its certificate", remedy)
        raise Unauthorized(endpoint.server, endpoint.username, "HTTP 401")

    def _refused(self, answer: HttpResponse) -> ExchangeError | NoAnswer:
        endpoint = self._endpoint
        if self._connection.speaks_tls_13 and is_refused(answer.status, answer.body):
            return Tls13Refused()
        if answer.status == 400:
            return bad_request(answer, endpoint, let_in=self._let_in_before)
        return http_error(answer.status, endpoint.server, endpoint.username, tls=endpoint.tls)

    # -- messages -----------------------------------------------------------------------------------------

    def _post(self, message: bytes, deadline: Deadline) -> HttpResponse:
        """To a server that knows us. A new connection would not be known: it is never made here."""
        if self._endpoint.tls:
            return self._connection.post(message, {"Content-Type": _SOAP}, deadline)
        if self._handshake is None:
            raise NoAnswer("the connection was closed after signing in")
        body, media = message_encryption.seal(message, self._handshake.context, self._handshake.scheme)
        answer = self._connection.post(body, {"Content-Type": media}, deadline)
        return answer if answer.status == 401 else self._unsealed(answer)

    def _unsealed(self, answer: HttpResponse) -> HttpResponse:
        """Only what the security context has vouched for; of a failure that is not encrypted only the status counts."""
        if not message_encryption.is_sealed(answer.media):
            if answer.status == 200:
                self.close()
                raise Malformed("an answer that is not encrypted, on a connection where all are")
            # What came from before Exchange is not encrypted; nothing but the page that says so is looked at.
            return replace(answer, body=b"") if _is_soap(answer) else answer
        handshake = self._handshake
        try:
            body = message_encryption.unseal(answer.body, handshake.context) if handshake else b""
        except Exception as exc:
            # Either side counts its messages: after one that is wrong, none fits any more.
            self.close()
            if isinstance(exc, (message_encryption.SealBroken, SpnegoError, struct.error, ValueError)):
                raise Malformed("an encrypted answer that was changed on the way, or is not for us") from exc
            raise
        return replace(answer, media=_SOAP, body=body)

    def _text_of(self, answer: HttpResponse) -> str:
        """The answer as text that is safe to parse; other media and document types are errors."""
        content = answer.body
        if content and not _is_soap(answer):
            if answer.status != 200:
                # Of a failure the status is enough.
                return ""
            media = answer.media.split(";")[0][:60]
            raise NotSoap(f"an answer of type {media or 'unknown'} instead of SOAP", content)
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as exc:
            raise Malformed("an answer that is not UTF-8", content) from exc
        try:
            check_envelope(text)
        except Malformed:
            if answer.status == 200:
                raise
            return ""
        # What is well-formed and no fault would be taken for one that says nothing.
        return text if answer.status == 200 or "Fault" in text else ""


def _is_soap(answer: HttpResponse) -> bool:
    return answer.media.lower().startswith("application/soap+xml")
