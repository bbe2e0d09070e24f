"""A finding names the numbers that it is about, and keeps who has acknowledged it, and why."""

from alembic import op
from sqlalchemy import BigInteger, Column, String, Text

revision = "5"
down_revision = "4"


def upgrade() -> None:
    """Add the columns; monitors of the version before leave them empty."""
    op.add_column("alarms", Column("finding", String(50), nullable=False, server_default=""))
    op.add_column("alarms", Column("acknowledged_at", BigInteger))
    op.add_column("alarms", Column("acknowledged_by", String(200), nullable=False, server_default=""))
    op.add_column("alarms", Column("because", Text, nullable=False, server_default=""))
