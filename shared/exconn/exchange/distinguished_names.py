"""What the names of directory objects say: whose a device is, what an object is called, in which domain it is."""

import re

_CONTAINER = ",cn=exchangeactivesyncdevices,"
#: One part of a distinguished name; a comma in it is escaped.
_PART = re.compile(r"(?:[^,\\]|\\.)+")


def owner_dn(distinguished_name: str) -> str:
    """The mailbox's distinguished name: the parent of the container that holds its devices."""
    position = distinguished_name.lower().find(_CONTAINER)
    return distinguished_name[position + len(_CONTAINER) :] if position >= 0 else ""


def common_name(distinguished_name: str) -> str:
    """The first name of a distinguished name, without its escapes."""
    _, _, rest = distinguished_name.partition("=")
    name, escaped = [], False
    for char in rest:
        if char == "," and not escaped:
            break
        if char == "\\" and not escaped:
            escaped = True
            continue
        name.append(char)
        escaped = False
    return "".join(name)


def domain_of(distinguished_name: str) -> str:
    """The DNS name of the domain that a distinguished name ends with; empty where it names none."""
    parts = (part.strip().partition("=") for part in _PART.findall(distinguished_name))
    return ".".join(value for kind, _, value in parts if kind.lower() == "dc").lower()


def last_part(path: str) -> str:
    """The name at the end of a canonical name (`domain/container/name`), or the name itself."""
    return path.rpartition("/")[2]
