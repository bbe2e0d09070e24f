"""When a monitor stored that a job has ended, by its own clock."""

from alembic import op
from sqlalchemy import BigInteger, Column

revision = "10"
down_revision = "9"


def upgrade() -> None:
    """Add the column; of jobs that had ended before, nobody knows."""
    op.add_column("jobs", Column("end_stored_at", BigInteger))
