"""Exchange sessions for a connector: its newest addresses and accounts, seats, a pool of open sessions; and arming."""

from exconn.sessions.announcer import SilentAnnouncer
from exconn.sessions.arming import PreflightHandler
from exconn.sessions.endpoints import NoAccountError, endpoint_of
from exconn.sessions.open import Sessions
from exconn.sessions.permitted import EVERYTHING, ExchangeSettings, Permitted
from exconn.sessions.shared_account import SharedAccount
from exconn.sessions.worker import at_process_end, run_exchange_worker

__all__ = [
    "EVERYTHING",
    "ExchangeSettings",
    "NoAccountError",
    "Permitted",
    "PreflightHandler",
    "Sessions",
    "SharedAccount",
    "SilentAnnouncer",
    "at_process_end",
    "endpoint_of",
    "run_exchange_worker",
]
