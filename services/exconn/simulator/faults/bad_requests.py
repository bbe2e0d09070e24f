"""HTTP 400 from before Exchange, in the words of whoever gives it: Windows' HTTP service, IIS, something in front.

The pages of Windows' HTTP service are known from public logs. What antimalware scanning (AMSI) and an account without
remote PowerShell get is documented as "400 Bad Request" alone: body and headers of those two are made up.
"""

from typing import Literal, get_args

from exconn.simulator.errors import BareAnswer

BadRequestKind = Literal["bad_request", "amsi_blocked", "header_too_long", "invalid_hostname", "not_exchange"]
KINDS: tuple[str, ...] = get_args(BadRequestKind)


def bad_request(kind: str) -> BareAnswer:
    """The whole answer."""
    if kind == "header_too_long":
        return _http_service("Request Too Long", "The size of the request headers is too long.")
    if kind == "invalid_hostname":
        return _http_service("Invalid Hostname", "The request hostname is invalid.")
    if kind == "not_exchange":
        page = b"<html><head><title>400 Bad Request</title></head><body>400 Bad Request</body></html>"
        return BareAnswer(400, {"Server": "gateway/1.0", "Content-Type": "text/html"}, page)
    return BareAnswer(400, {"Server": "Microsoft-IIS/10.0", "X-FEServer": "EX1"}, b"")


def _http_service(heading: str, sentence: str) -> BareAnswer:
    page = (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN""http://www.w3.org/TR/html4/strict.dtd">\r\n'
        "<HTML><HEAD><TITLE>Bad Request</TITLE>\r\n"
        '<META HTTP-EQUIV="Content-Type" Content="text/html; charset=us-ascii"></HEAD>\r\n'
        f"<BODY><h2>Bad Request - {heading}</h2>\r\n<hr><p>HTTP Error 400. {sentence}</p>\r\n</BODY></HTML>\r\n"
    )
    headers = {"Server": "Microsoft-HTTPAPI/2.0", "Content-Type": "text/html; charset=us-ascii", "Connection": "close"}
    return BareAnswer(400, headers, page.encode())
