"""Log lines are events with fields; secrets, personal data and control characters stay out of them."""

from exconn.logs.configure import bind, configure, get_logger
from exconn.logs.escape import escaped
from exconn.logs.withheld import WITHHELD

__all__ = ["WITHHELD", "bind", "configure", "escaped", "get_logger"]
