"""HTTP 400 without SOAP, told apart: each comes from before Exchange, so nothing was run.

Two causes have a page of their own, and a front end that is no Exchange names itself. Antimalware scanning and an
account without remote PowerShell answer alike; but who has been let in before is not without it.
"""

from exconn.exchange.endpoint import Endpoint
from exconn.exchange.errors import ExchangeError
from exconn.exchange.opening_errors import BlockedByScan, HeaderTooLong, HostNameRefused, NotExchange, TurnedAway
from exconn.exchange.wsman.http import HttpResponse

#: Where the headings of the pages stand.
_READ = 4096


def bad_request(answer: HttpResponse, endpoint: Endpoint, *, let_in: bool) -> ExchangeError:
    """The error behind an answer 400; `let_in`: this connection has had a good answer to a message before."""
    server, account, page = endpoint.server, endpoint.username, answer.body[:_READ].decode("latin-1").casefold()
    if "request too long" in page or "size of the request headers is too long" in page:
        return HeaderTooLong(server, account)
    if "invalid hostname" in page or "request hostname is invalid" in page:
        return HostNameRefused(server)
    if answer.answering.is_foreign:
        return NotExchange(server, answer.answering.product)
    if let_in and answer.answering.product:
        return BlockedByScan(server)
    return TurnedAway(server, account)
