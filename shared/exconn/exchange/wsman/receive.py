"""What a running command has to say so far: the answer to one Receive, as the bytes of its PSRP fragments.

pypsrp's own way joins the parts of an answer one by one, which for a full answer costs more than reading it.
"""

from base64 import b64decode
from binascii import Error
from xml.etree.ElementTree import Element

SHELL = "{http://schemas.microsoft.com/wbem/wsman/1/windows/shell}"
_DONE = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/Done"


def what_was_said(body: Element) -> tuple[bool, bytes]:
    """Whether the command is done, and what it wrote; ValueError when the answer is none to a Receive."""
    response = body.find(f"{SHELL}ReceiveResponse")
    if response is None:
        raise ValueError("no ReceiveResponse")
    done, parts = False, []
    for child in response:
        if child.tag == f"{SHELL}Stream":
            parts.append(_decoded(child.text or ""))
        elif child.tag == f"{SHELL}CommandState":
            done = child.get("State") == _DONE
    return done, b"".join(parts)


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except Error:
        # Perhaps in lines; anything else that is no base64 is an error.
        return b64decode("".join(text.split()), validate=True)
