"""A device has its class of client, and all attributes that Configuration Manager kept; an owner has the server.

Rows that are there get them with the next sweep, which tells every device anew.
"""

from alembic import op
from sqlalchemy import BigInteger, Column, String, Text

revision = "6"
down_revision = "5"

_TEXTS = (
    "identity",
    "user_domain",
    "access_control_rule",
    "os_language",
    "mobile_operator",
    "status_note",
    "wipe_requestor",
    "account_wipe_requestor",
)
_TIMES = ("account_wipe_requested", "account_wipe_sent", "account_wipe_acknowledged")


def upgrade() -> None:
    """Add the columns, and the index for lists of one class."""
    for name in _TEXTS:
        op.add_column("devices", Column(name, Text, nullable=False, server_default=""))
    for name in _TIMES:
        op.add_column("devices", Column(name, BigInteger))
    op.add_column("devices", Column("client", String(20), nullable=False, server_default="unknown"))
    op.create_index("devices_by_client", "devices", ["connector", "client"])
    op.add_column("owners", Column("server", Text, nullable=False, server_default=""))
