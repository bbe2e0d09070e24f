"""Keeps the list of the organization's servers fresh, through a session that is open anyway."""

import time
from datetime import timedelta

from exconn.exchange import CmdletMissing, ParameterMissing, RefusedByExchange, Session, Transient, older_than_newest
from exconn.logs import get_logger
from exconn.sessions.server_cache import ServerCache

#: How often it is looked whether the list is still fresh.
LOOK_EVERY = timedelta(minutes=5)


class ServerList:
    """Reads the servers of each connector now and then."""

    def __init__(self, cache: ServerCache) -> None:
        self._cache = cache
        self._looked: dict[str, float] = {}

    def refresh(self, connector: str, session: Session) -> None:
        """Read the list, if it is old; an account that may not read it goes without."""
        now, looked = time.monotonic(), self._looked.get(connector, float("-inf"))
        if now - looked < LOOK_EVERY.total_seconds():
            return
        self._looked[connector] = now
        if self._cache.is_fresh(self._cache.recall(connector)):
            return
        log = get_logger(__name__)
        try:
            servers = session.servers()
        except (CmdletMissing, ParameterMissing, RefusedByExchange, Transient) as exc:
            log.warning("exchange servers not read", connector=connector, error=str(exc))
            return
        self._cache.keep(connector, servers)
        own = session.own(servers)
        newer = older_than_newest(own.fqdn, servers) if own else None
        if newer is not None:
            log.warning(
                "the exchange server is older than the newest one: mailboxes there may not show; name the newest",
                server=session.server,
                answering=session.answering_server,
                newest=newer.fqdn,
            )
