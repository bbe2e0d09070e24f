"""Which client a partnership belongs to, and so what a wipe of it would do.

Told from what the device reports of itself (type, model, user agent) and from Exchange's ClientType. What a device
reports can be wrong, so where the four disagree the class is unknown: nothing is ever refused, ended sooner, or
exchanged for another kind of action by a guess.
"""

from collections.abc import Iterator
from enum import StrEnum

#: What Outlook on phones reports as its model, and how its user agents begin.
_OUTLOOK_MODELS = frozenset({"outlook for ios and android"})
_OUTLOOK_AGENTS = ("outlook-ios-android/", "outlook-ios/", "outlook-android/")
#: How the models and user agents of phones' own mail programs begin: a service in the cloud has none of them.
_PHONES = ("apple-", "iphone", "ipad", "android", "samsung", "sm-", "msft-wp")


class ClientClass(StrEnum):
    """What kind of client a partnership belongs to."""

    #: A phone's own mail program, or any other client that speaks ActiveSync for itself.
    NATIVE = "native"
    #: Outlook for iOS and Android: a wipe resets the app, and its end is never reported.
    OUTLOOK = "outlook"
    #: Exchange Online on behalf of a user of Outlook (hybrid modern authentication).
    OUTLOOK_SERVICE = "outlook_service"
    UNKNOWN = "unknown"


class Erases(StrEnum):
    """What a wipe of a client would do."""

    #: The device is asked for; it may delete only the account and its data (MS-ASPROV R643, R644).
    DEVICE_ASKED = "device_asked"
    #: The data of the app, in every Outlook of the user.
    APP_DATA = "app_data"
    #: Nothing that can be done here: Intune wipes it.
    NOTHING_HERE = "nothing_here"
    UNKNOWN = "unknown"


_ERASES = {
    ClientClass.NATIVE: Erases.DEVICE_ASKED,
    ClientClass.OUTLOOK: Erases.APP_DATA,
    ClientClass.OUTLOOK_SERVICE: Erases.NOTHING_HERE,
    ClientClass.UNKNOWN: Erases.UNKNOWN,
}
#: What Exchange calls the way a client comes: the older servers say nothing, ActiveSync may be any class.
_ANY = ("", "eas")
_OUTLOOK_ONLY = ("rest", "outlook")


def client_class(*, device_type: str, model: str, user_agent: str, client_type: str) -> ClientClass:
    """The class that all four agree on; what is empty says nothing. UNKNOWN where they disagree, or say nothing."""
    kind, name, agent, way = (each.strip().casefold() for each in (device_type, model, user_agent, client_type))
    if way not in (*_ANY, *_OUTLOOK_ONLY):
        return ClientClass.UNKNOWN
    if kind == "outlookservice":
        told = any(word.startswith(_PHONES) for word in (name, agent))
        return ClientClass.UNKNOWN if told else ClientClass.OUTLOOK_SERVICE
    said = set(_said(kind, name, agent, way))
    return said.pop() if len(said) == 1 else ClientClass.UNKNOWN


def _said(kind: str, name: str, agent: str, way: str) -> Iterator[ClientClass]:
    """What each of the four says for itself."""
    if way in _OUTLOOK_ONLY:
        yield ClientClass.OUTLOOK
    if kind:
        yield ClientClass.OUTLOOK if kind == "outlook" else ClientClass.NATIVE
    if name:
        yield ClientClass.OUTLOOK if name in _OUTLOOK_MODELS else ClientClass.NATIVE
    if agent:
        yield ClientClass.OUTLOOK if agent.startswith(_OUTLOOK_AGENTS) else ClientClass.NATIVE


def erases(client: ClientClass) -> Erases:
    """What a wipe of a client of that class would do."""
    return _ERASES[client]


#: What people read of it.
_TEXTS = {
    Erases.DEVICE_ASKED: "the device is asked for, and may delete only the account",
    Erases.APP_DATA: "the data of Outlook, in every Outlook of the user; never reported back",
    Erases.NOTHING_HERE: "nothing: Exchange Online acts for the user, so use Intune",
    Erases.UNKNOWN: "not known: what the device reports of itself disagrees",
}

_PHRASES = {
    Erases.DEVICE_ASKED: "asks for the device",
    Erases.APP_DATA: "erases the app's data",
    Erases.NOTHING_HERE: "erases nothing",
    Erases.UNKNOWN: "has an unknown effect",
}


def client_text(client: ClientClass) -> str:
    """What a person reads of a class."""
    return client.value.replace("_", " ")


def erases_phrase(what: Erases) -> str:
    """The same as `erases_text` in a few words, for lists; it goes on from "a wipe"."""
    return _PHRASES[what]


def erases_text(what: Erases) -> str:
    """What a person reads before a wipe of what it would do."""
    return _TEXTS[what]
