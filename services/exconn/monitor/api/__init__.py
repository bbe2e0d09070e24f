"""The read-only JSON API under /v1."""

from exconn.monitor.api.routes import api_routes

__all__ = ["api_routes"]
