"""Takes names, addresses and identities out of Exchange's sentences, so that they may be logged.

What is quoted in an Exchange error is what the caller named: a user, a device, a server.
"""

import re

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# The look-arounds keep the apostrophes of "couldn't" and "O'Neill" from opening or closing a quotation.
_QUOTED = re.compile(r"(?<!\w)'(.*?)'(?!\w)|\"([^\"]*)\"|“([^”]*)”")
_ADDRESS = re.compile(r"[^\s<>\"',;:()]+@[^\s<>\"',;:()]+")
_NAMED_PART = re.compile(r"\b(?:CN|OU|DC)=[^\s,;]+(?:,\s?(?:CN|OU|DC)=[^,;]*?(?=[,;.\s]|$))*", re.IGNORECASE)
_DEVICE = re.compile(r"\S*§\S*")

MASK = "…"


def _mask_quoted(match: re.Match[str]) -> str:
    inner = next(group for group in match.groups() if group is not None)
    # A device's directory GUID is the key everywhere and names nobody.
    return match.group(0) if _GUID.fullmatch(inner) else f"'{MASK}'"


def masked(text: str) -> str:
    """The sentence without quoted values, mail addresses, distinguished names and device identities."""
    text = _QUOTED.sub(_mask_quoted, text)
    for pattern in (_ADDRESS, _NAMED_PART, _DEVICE):
        text = pattern.sub(MASK, text)
    return text


def identity_hint(identity: object) -> str:
    """What may be said of an identity: a GUID itself, anything else only by its form."""
    text = str(identity)
    if _GUID.fullmatch(text):
        return f"object {text.lower()}"
    if "=" in text:
        return "an object given by its distinguished name"
    return "an object given by its identity"
