"""Messages of one number are found without a look at all others: the list of problems asks for a few numbers."""

from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """Add the index."""
    op.create_index("messages_by_number", "messages", ["number", "at"])
