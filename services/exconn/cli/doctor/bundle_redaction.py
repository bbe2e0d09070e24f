"""Redacts texts that leave the organization: without hosts, accounts, persons and ids, and without secrets anywhere."""

import re
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from exconn.cli.doctor.examined_worker import ExaminedWorker

#: What stands for a secret. It has no length and no shape of it.
MASK = "***"
#: A shorter secret would take words apart; and it is none.
_SECRET_FROM = 4
_URL_LOGIN = re.compile(r"(?<=://)[^/\s@]*@")
_ASSIGNED = re.compile(r"(?i)\b(password|passwd|secret|token|api[_-]?key|authorization)(\s*[=:]\s*)\S+")
_GUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
#: Telephone numbers, IMEIs, device ids. Times and ports have separators or are shorter.
_NUMBER = re.compile(r"(?<![\w.:-])\+?\d[\d ]{7,}\d\b")
_LONG_ID = re.compile(r"\b(?=\w*\d)[A-Za-z0-9]{16,}\b")
_HOST = re.compile(r"\b(?:[a-z0-9-]+\.)+[a-z]{2,}\b", re.IGNORECASE)
_IP = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_PATH = re.compile(r"(?<![\w/])/(?:[\w.@ -]+/)+")
#: Names of modules and files are no hosts.
_NO_HOST = re.compile(
    r"(?:exconn|celery|redis|kombu|pydantic|pypsrp|requests|urllib3|sqlalchemy|System|Microsoft)\..*"
    r"|.*\.(?:py|md|toml|json|log|pem|lua|ps1|txt|conf)",
    re.IGNORECASE,
)


class Redactor:
    """Redacts the texts of one archive: the same value has the same stand-in in all of them."""

    def __init__(self, known: Iterable[str] = (), secret: Iterable[str] = ()) -> None:
        from exconn.exchange.transcript.pseudonyms import Pseudonyms

        self._names = Pseudonyms(secrets.token_bytes(32))
        self._secrets = _any_of(value for value in secret if len(value) >= _SECRET_FROM)
        self._known = _any_of(value for value in known if len(value) > 1)

    def redact(self, text: str) -> str:
        """The text as it may leave."""
        from exconn.exchange.redact import masked

        if self._secrets is not None:
            text = self._secrets.sub(MASK, text)
        text = _ASSIGNED.sub(rf"\1\2{MASK}", _URL_LOGIN.sub(f"{MASK}@", text))
        text = _PATH.sub("…/", text)
        for pattern in (self._known, _GUID, _IP):
            if pattern is not None:
                text = pattern.sub(lambda found: self._names.parts(found[0], lambda _: False), text)
        text = _HOST.sub(self._host, text)
        return _NUMBER.sub(MASK, _LONG_ID.sub(MASK, masked(text)))

    def redact_all(self, value: Any) -> Any:
        """The same for every text inside of lists and dictionaries; their keys are exconn's own."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, dict):
            return {key: self.redact_all(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.redact_all(each) for each in value]
        return value

    def _host(self, found: re.Match[str]) -> str:
        return found[0] if _NO_HOST.fullmatch(found[0]) else self._names.parts(found[0], lambda _: False)


def _any_of(values: Iterable[str]) -> re.Pattern[str] | None:
    longest_first = sorted({value for value in values if value}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if longest_first else None


def redactor_for(worker: "ExaminedWorker") -> Redactor:
    """A redactor that knows the hosts, accounts and secrets of a worker's place."""
    known: list[str] = []
    secret: list[str] = []
    if worker.settings is not None:
        for url in (worker.settings.broker_url, worker.settings.ledger_url):
            parts = urlsplit(url.get_secret_value())
            known += [parts.hostname or "", parts.username or ""]
            secret.append(parts.password or "")
    if worker.definition is not None:
        known += [urlsplit(site.url).hostname or "" for site in worker.definition.exchange.sites()]
        known += [site.site for site in worker.definition.exchange.servers]
        known += worker.definition.discovery.containers
        for role in ("discovery", "policy", "actions"):
            account = getattr(worker.definition.accounts, role)
            if account is not None:
                known += [account.username, *re.split(r"[\\@]", account.username)]
                secret += _secret_of(worker, role)
    return Redactor(known, secret)


def _secret_of(worker: "ExaminedWorker", role: str) -> list[str]:
    """The password of an account, so that it can be looked for and taken out."""
    try:
        return [worker.endpoint(role).password.get_secret_value()]  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001  (what can not be read here can not be in the archive either)
        return []
