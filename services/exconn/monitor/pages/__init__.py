"""The console: server-rendered pages that only show, and name the command for everything else."""

from exconn.monitor.pages.render import page_of_problem, static_files
from exconn.monitor.pages.routes import page_routes

__all__ = ["page_of_problem", "page_routes", "static_files"]
