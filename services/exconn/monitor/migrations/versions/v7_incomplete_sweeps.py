"""A sweep knows whether its reading was complete, and what it could not read."""

from alembic import op
from sqlalchemy import JSON, Boolean, Column

revision = "7"
down_revision = "6"


def upgrade() -> None:
    """Add the columns; of sweeps before, nobody knows."""
    op.add_column("sweeps", Column("complete", Boolean))
    op.add_column("sweeps", Column("gaps", JSON))
