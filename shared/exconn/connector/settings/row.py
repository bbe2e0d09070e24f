"""One setting: everything that is known of it, in one place."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from exconn.connector.settings.danger import HARMLESS, Danger
from exconn.connector.settings.kinds import Listed, OneOf, ValueKind, refused
from exconn.connector.settings.values import DEFAULT, UNLIMITED, PolicyValue, Written, as_list, documented_value

OLDER_PAGE, NEWER_PAGE = "Set-ActiveSyncMailboxPolicy", "Set-MobileDeviceMailboxPolicy"


class Evidence(StrEnum):
    """What it rests on that the setting is this parameter."""

    DOCUMENTED = "documented"
    COMMUNITY = "community"
    RECALLED = "recalled"
    JUDGEMENT = "judgement"


@dataclass(frozen=True, kw_only=True)
class SettingRow:
    """One setting, its Exchange parameter in both families, and what may be written for it.

    `original` is the parameter of Configuration Manager's cmdlet; empty for what it never had. `pages` are the defaults
    that the pages of the older and the newer family name, as they write them; None: the page names none. `sets_also`
    names what Exchange sets true beside the parameter when that is set true, and leaves so afterwards. A `bare_size`
    travels without its unit, of which the pages say two things.
    """

    setting: str
    parameter: str
    says: str
    kind: ValueKind
    pages: tuple[str | None, str | None]
    evidence: Evidence
    source: str
    original: str = ""
    older: str = ""
    dangerous: Danger = HARMLESS
    required: bool = False
    sets_also: str = ""
    bare_size: bool = False

    @property
    def older_parameter(self) -> str:
        """Its name in the ActiveSync family."""
        return self.older or self.parameter

    @property
    def default(self) -> PolicyValue | None:
        """What both families' pages name; None where they do not agree."""
        older, newer = self.pages
        return documented_value(older) if older is not None and older == newer else None

    @property
    def takes(self) -> str:
        """What may be written, as people read it."""
        return f'{self.kind.takes}, or "{DEFAULT}"' if self.default is not None else self.kind.takes

    def check(self, written: object) -> Written | None:
        """The value in its one spelling; None, as stored, is not set. Raises ValueError with problem and remedy."""
        if written is None and not self.required:
            return None
        try:
            if written == DEFAULT and isinstance(written, str):
                return self._default_word()
            return self.kind.check(written)
        except ValueError as exc:
            raise ValueError(f"{exc}; write {self.takes}") from None

    def value(self, written: Written) -> PolicyValue:
        """What a checked value becomes for Exchange."""
        if written == DEFAULT and isinstance(written, str) and self.default is not None:
            return self.default
        return self.kind.value(written)

    def known(self, shown: object) -> PolicyValue | None:
        """What Exchange shows of it as a value to compare; None where that is not set, or none of its kind."""
        if isinstance(shown, bool | int | timedelta) or shown == UNLIMITED:
            return shown if isinstance(shown, bool | int | timedelta) else UNLIMITED
        if isinstance(shown, tuple) and isinstance(self.kind, Listed):
            return as_list(shown)
        return shown if isinstance(shown, str) and isinstance(self.kind, OneOf) else None

    def _default_word(self) -> Written:
        if self.default is None:
            older, newer = (page or "none" for page in self.pages)
            said = f"the page of {OLDER_PAGE} names {older}, that of {NEWER_PAGE} {newer}"
            raise refused(DEFAULT, f"means nothing here, as Exchange's pages do not agree on a default: {said}")
        return DEFAULT


@dataclass(frozen=True, kw_only=True)
class SettingsTable:
    """The rows of one group. With `guards_all`, one setting that is set puts the whole group under guard."""

    name: str
    says: str
    rows: tuple[SettingRow, ...]
    guards_all: bool = True
