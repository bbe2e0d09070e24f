"""The result of the newest verification of the audit log, and when one was clean last."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, String, Text

revision = "9"
down_revision = "8"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "audit_verification",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("started_at", BigInteger, nullable=False),
        Column("ended_at", BigInteger, nullable=False),
        Column("result", String(20), nullable=False),
        Column("records", BigInteger, nullable=False),
        Column("findings", BigInteger, nullable=False),
        Column("said", Text, nullable=False),
        Column("due_at", BigInteger, nullable=False),
        Column("clean_at", BigInteger),
    )
