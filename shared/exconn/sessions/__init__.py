"""Exchange sessions for a connector: its newest addresses and accounts, a seat, a warm session; and arming."""

from exconn.sessions.arming import PreflightHandler
from exconn.sessions.sessions import NoAccountError, Sessions

__all__ = ["NoAccountError", "PreflightHandler", "Sessions"]
