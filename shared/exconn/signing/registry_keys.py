"""The public keys in the registry of requesters: plain text, or a table with the date until which the key counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from exconn.signing.public_keys import PublicKey, id_of, is_hardware, parse_either_key, plain_id_of


class KeyEntry(BaseModel):
    """A public key as a table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    public: str
    #: From then on the key is refused.
    expires: AwareDatetime | None = None


@dataclass(frozen=True)
class KnownKey:
    """A public key and whose it is. `hardware`: it is in a device that asks for a touch. `may_consent`: it is known for
    long enough to release; that is the ledger's knowledge, a file alone says yes.
    """

    requester: str
    public: PublicKey
    expires: datetime | None = None
    hardware: bool = False
    may_consent: bool = True

    def has_expired(self, now: datetime) -> bool:
        """Whether requests that it signs count no longer."""
        return self.expires is not None and self.expires <= now


def known_keys(owned: Mapping[str, Iterable[KeyEntry]]) -> tuple[Mapping[str, KnownKey], tuple[str, ...]]:
    """The keys of all requesters by their ids, and what is wrong with those that cannot be used."""
    known: dict[str, KnownKey] = {}
    owners: dict[str, str] = {}
    problems: list[str] = []
    for name, entries in owned.items():
        for entry in entries:
            try:
                public = parse_either_key(entry.public)
            except ValueError as exc:
                remedy = "write the public key that `exconn requesters keys` shows"
                problems.append(f"requesters.{name}.keys: {exc}; {remedy}")
                continue
            identity, plain = id_of(public), plain_id_of(public)
            if plain in owners:
                owner = owners[plain]
                problems.append(f"requesters.{name}.keys: {identity} is {owner}'s already; take it out of one of them")
            owners[plain] = name
            known[identity] = KnownKey(name, public, entry.expires, is_hardware(public))
    return known, tuple(problems)
