"""The console: server-rendered pages that only show, and name the command for everything else."""

from exconn.monitor.pages.render import page_of_error, static_files
from exconn.monitor.pages.routes import page_routes

__all__ = ["page_of_error", "page_routes", "static_files"]
