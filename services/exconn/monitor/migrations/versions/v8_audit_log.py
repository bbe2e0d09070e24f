"""The audit log: its elements, the texts that may be erased, its head and its checkpoints.

The monitor puts the messages that are there into the log when it projects for the first time.
"""

from alembic import op
from sqlalchemy import JSON, BigInteger, Column, Integer, LargeBinary, String

revision = "8"
down_revision = "7"


def upgrade() -> None:
    """Add the tables, and to each message its place."""
    op.add_column("messages", Column("position", BigInteger))
    op.create_index("messages_by_position", "messages", ["position"])
    op.create_table(
        "audit_leaves",
        Column("first", BigInteger, primary_key=True, autoincrement=False),
        Column("count", Integer, nullable=False),
        Column("hashes", LargeBinary, nullable=False),
        Column("elements", JSON, nullable=False),
    )
    op.create_table(
        "audit_texts",
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("place", String(100), primary_key=True),
        Column("digest", String(64), nullable=False),
        Column("salt", String(32), nullable=False),
    )
    op.create_table(
        "audit_head",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("size", BigInteger, nullable=False),
        Column("peaks", JSON, nullable=False),
    )
    op.create_table(
        "audit_checkpoints",
        Column("size", BigInteger, primary_key=True, autoincrement=False),
        Column("root", String(64), nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("key", String(80), nullable=False),
        Column("signature", String(128), nullable=False),
    )
