"""A position knows the record at which it stands, so that a stream which was replaced is not taken for the same."""

import sqlalchemy
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Add the digest; empty until the position moves on."""
    op.add_column("positions", sqlalchemy.Column("digest", sqlalchemy.String(40), nullable=False, server_default=""))
