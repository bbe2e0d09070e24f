"""Which settings of a mailbox policy a class of client obeys, as far as Microsoft documents it.

Exchange tells every client that speaks ActiveSync of the policy. What a client then does is its own matter.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from exconn.contracts.client_class import ClientClass


class Obeys(StrEnum):
    """What is known of a class of client and a policy."""

    #: It is told of all settings; what each phone applied shows in its policy status only.
    TOLD = "told"
    #: Some settings are documented; of the others nothing is.
    SOME = "some"
    #: The policy does not reach the phone behind it: Intune does.
    NOTHING_HERE = "nothing_here"
    UNKNOWN = "unknown"


_OBEYS = {
    ClientClass.NATIVE: Obeys.TOLD,
    ClientClass.OUTLOOK: Obeys.SOME,
    ClientClass.OUTLOOK_SERVICE: Obeys.NOTHING_HERE,
    ClientClass.UNKNOWN: Obeys.UNKNOWN,
}
#: What Outlook is documented to obey on every system, and on Android alone. That "complexity" is these two parameters
#: is assumed.
_OUTLOOK = frozenset({"PasswordEnabled", "DeviceEncryptionEnabled", "AllowBluetooth"})
_OUTLOOK_ON_ANDROID = frozenset(
    {"MinPasswordLength", "MaxPasswordFailedAttempts", "AlphanumericPasswordRequired", "MinPasswordComplexCharacters"}
)


@dataclass(frozen=True, slots=True)
class PolicyReach:
    """What a class of client does with some settings; the names are given only where some are obeyed."""

    obeys: Obeys
    settings: tuple[str, ...] = ()
    on_android: tuple[str, ...] = ()


def policy_reach(client: ClientClass, settings: Iterable[str]) -> PolicyReach:
    """What clients of a class do with these settings, by the names of the MobileDevice family."""
    obeys, names = _OBEYS[client], tuple(settings)
    if obeys is not Obeys.SOME:
        return PolicyReach(obeys)
    everywhere = tuple(name for name in names if name in _OUTLOOK)
    return PolicyReach(obeys, everywhere, tuple(name for name in names if name in _OUTLOOK_ON_ANDROID))


_TEXTS = {
    Obeys.TOLD: "told of all; what a phone applied, its policy status says",
    Obeys.NOTHING_HERE: "not reached: Exchange Online acts for the user, so use Intune",
    Obeys.UNKNOWN: "not known: what the device reports of itself disagrees",
}


def reach_text(reach: PolicyReach) -> str:
    """What a person reads of it."""
    if reach.obeys is not Obeys.SOME:
        return _TEXTS[reach.obeys]
    parts = [", ".join(reach.settings)] if reach.settings else []
    if reach.on_android:
        parts.append(f"on Android {', '.join(reach.on_android)}")
    return f"obeys {'; '.join(parts)}; no other is documented" if parts else "none of these is documented as obeyed"
