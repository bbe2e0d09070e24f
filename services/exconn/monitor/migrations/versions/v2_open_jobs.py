"""Open jobs are found without a look at all that ever settled; the number of the schema has moved to its own table."""

from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Add the index, and drop the table that held the number."""
    op.create_index("jobs_open", "jobs", ["state", "due"])
    op.drop_table("model")
