"""The first tables, as they were before there were migrations: such a database is taken over as it is."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, String, Text

revision = "1"
down_revision = None


def upgrade() -> None:
    """Make them."""
    _stream_tables()
    _message_tables()
    _job_table()
    _device_table()
    _owner_and_sweep_tables()


def _stream_tables() -> None:
    op.create_table("model", Column("schema", Integer, primary_key=True))
    op.create_table(
        "positions",
        Column("stream", String(200), primary_key=True),
        Column("last_id", String(50), nullable=False),
        Column("sequence", BigInteger, nullable=False, default=0),
        Column("updated_at", BigInteger),
    )
    op.create_table(
        "poison",
        Column("stream", String(200), primary_key=True),
        Column("record", String(80), primary_key=True),
        Column("at", BigInteger, nullable=False),
        Column("reason", Text, nullable=False),
        Column("fields", Text, nullable=False),
    )
    op.create_table(
        "alarms",
        Column("name", String(100), primary_key=True),
        Column("subject", String(200), primary_key=True),
        Column("raised_at", BigInteger, nullable=False),
        Column("text", Text, nullable=False),
        Column("remedy", Text, nullable=False),
    )


def _message_tables() -> None:
    op.create_table(
        "messages",
        Column("record", String(50), primary_key=True),
        Column("sequence", BigInteger, nullable=False),
        Column("number", Integer, nullable=False),
        Column("severity", String(1), nullable=False),
        Column("connector", String(63), nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("by", String(200), nullable=False),
        Column("job", String(80), nullable=False),
        Column("kind", String(40), nullable=False),
        Column("state", String(20), nullable=False),
        Column("phase", String(40), nullable=False),
        Column("epoch", BigInteger, nullable=False),
        Column("text", Text, nullable=False),
        Column("data", JSON, nullable=False),
        Index("messages_by_sequence", "sequence"),
        Index("messages_by_job", "job", "sequence"),
        Index("messages_by_severity", "severity", "sequence"),
    )
    op.create_table(
        "message_counts",
        Column("connector", String(63), primary_key=True),
        Column("number", Integer, primary_key=True),
        Column("severity", String(1), nullable=False),
        Column("count", BigInteger, nullable=False),
    )


def _job_table() -> None:
    op.create_table(
        "jobs",
        Column("id", String(80), primary_key=True),
        Column("connector", String(63), nullable=False),
        Column("kind", String(40), nullable=False),
        Column("service", String(40), nullable=False),
        Column("state", String(20), nullable=False),
        Column("phase", String(40), nullable=False),
        Column("outcome", String(40), nullable=False),
        Column("reason", Text, nullable=False),
        Column("requester", String(80), nullable=False),
        Column("revision", BigInteger, nullable=False),
        Column("device", String(40)),
        Column("parent", String(80)),
        Column("epoch", BigInteger, nullable=False),
        Column("queued_at", BigInteger),
        Column("changed_at", BigInteger, nullable=False),
        Column("settled_at", BigInteger),
        Column("due", BigInteger),
        Column("valid_until", BigInteger),
        Column("first_sequence", BigInteger, nullable=False),
        Column("last_sequence", BigInteger, nullable=False),
        Column("phases", JSON, nullable=False),
        Column("data", JSON, nullable=False),
        Index("jobs_by_sequence", "first_sequence"),
        Index("jobs_by_state", "connector", "kind", "state"),
        Index("jobs_by_kind", "kind", "first_sequence"),
        Index("jobs_by_device", "device"),
        Index("jobs_by_parent", "parent"),
    )


def _device_table() -> None:
    op.create_table(
        "devices",
        Column("connector", String(63), primary_key=True),
        Column("guid", String(40), primary_key=True),
        Column("name", Text, nullable=False, default=""),
        Column("device_id", Text, nullable=False, default=""),
        Column("device_type", Text, nullable=False, default=""),
        Column("owner", String(40)),
        Column("owner_name", Text, nullable=False, default=""),
        Column("friendly_name", Text, nullable=False, default=""),
        Column("model", Text, nullable=False, default=""),
        Column("os", Text, nullable=False, default=""),
        Column("user_agent", Text, nullable=False, default=""),
        Column("imei", Text, nullable=False, default=""),
        Column("phone_number", Text, nullable=False, default=""),
        Column("client_type", Text, nullable=False, default=""),
        Column("client_version", Text, nullable=False, default=""),
        Column("access_state", Text, nullable=False, default=""),
        Column("access_state_reason", Text, nullable=False, default=""),
        Column("first_sync", BigInteger),
        Column("created", BigInteger),
        Column("last_sync", BigInteger),
        Column("last_attempt", BigInteger),
        Column("last_policy_update", BigInteger),
        Column("status", Text, nullable=False, default=""),
        Column("policy_applied", Text, nullable=False, default=""),
        Column("policy_status", Text, nullable=False, default=""),
        Column("remote_wipe_supported", Boolean),
        Column("wipe_requested", BigInteger),
        Column("wipe_sent", BigInteger),
        Column("wipe_acknowledged", BigInteger),
        Column("listed_at", BigInteger),
        Column("listed_in", BigInteger),
        Column("statistics_at", BigInteger),
        Column("searched", Text, nullable=False, default=""),
        Column("sort_name", String(200), nullable=False, default=""),
        Index("devices_by_guid", "guid"),
        Index("devices_in_order", "sort_name", "guid", "connector"),
        Index("devices_by_owner", "connector", "owner"),
        Index("devices_by_access", "connector", "access_state"),
    )


def _owner_and_sweep_tables() -> None:
    op.create_table(
        "owners",
        Column("connector", String(63), primary_key=True),
        Column("guid", String(40), primary_key=True),
        Column("name", Text, nullable=False),
        Column("address", Text, nullable=False),
        Column("activesync_enabled", Boolean),
        Column("policy", Text),
        Column("policy_defaulted", Boolean),
        Column("allowed_ids", JSON, nullable=False),
        Column("blocked_ids", JSON, nullable=False),
        Column("updated_at", BigInteger, nullable=False),
        Column("searched", Text, nullable=False),
    )
    op.create_table(
        "sweeps",
        Column("connector", String(63), primary_key=True),
        Column("number", BigInteger, primary_key=True),
        Column("job", String(80), nullable=False),
        Column("devices", BigInteger, nullable=False),
        Column("owners", BigInteger, nullable=False),
        Column("started_at", BigInteger, nullable=False),
        Column("finished_at", BigInteger, nullable=False),
        Index("sweeps_by_job", "job"),
    )
