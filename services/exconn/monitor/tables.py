"""The tables of the read model. Everything in them can be told again by the streams, except what they have trimmed.

Every change here has its revision in `migrations/versions`.
"""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

from exconn.monitor.instant import Instant

metadata = MetaData()

#: How far each stream is in the read model; written in the transaction of what was read.
positions = Table(
    "positions",
    metadata,
    Column("stream", String(200), primary_key=True),
    Column("last_id", String(50), nullable=False),
    Column("sequence", BigInteger, nullable=False, default=0),
    Column("updated_at", Instant),
    Column("digest", String(40), nullable=False, default="", server_default=""),
)

#: Records that could not be read, kept for a person.
poison = Table(
    "poison",
    metadata,
    Column("stream", String(200), primary_key=True),
    Column("record", String(80), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("fields", Text, nullable=False),
)

#: What a person has to look at; `name` is a stable word. A finding stays, as history, when it is acknowledged.
alarms = Table(
    "alarms",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("subject", String(200), primary_key=True),
    Column("raised_at", Instant, nullable=False),
    Column("text", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("finding", String(50), nullable=False, default="", server_default=""),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", String(200), nullable=False, default="", server_default=""),
    Column("because", Text, nullable=False, default="", server_default=""),
)

messages = Table(
    "messages",
    metadata,
    Column("record", String(50), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("severity", String(1), nullable=False),
    Column("connector", String(63), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(200), nullable=False),
    Column("job", String(80), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("phase", String(40), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("data", JSON, nullable=False),
    #: Its place in the audit log.
    Column("position", BigInteger),
    Index("messages_by_sequence", "sequence"),
    Index("messages_by_job", "job", "sequence"),
    Index("messages_by_severity", "severity", "sequence"),
    Index("messages_by_number", "number", "at"),
    Index("messages_by_position", "position"),
)

#: The audit log, one row for what one transaction has appended: the hashes of its elements behind each other, and for
#: each its kind, number and record, and what it says where no message says it.
audit_leaves = Table(
    "audit_leaves",
    metadata,
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    Column("elements", JSON, nullable=False),
)

#: Texts of people that may be erased: the log has their digests. Without salt, nobody can guess the text.
audit_texts = Table(
    "audit_texts",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("place", String(100), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("salt", String(32), nullable=False),
)

#: One row: how long the log is, and the roots of its complete subtrees, from which its own follows.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("peaks", JSON, nullable=False),
)

audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("key", String(80), nullable=False),
    Column("signature", String(128), nullable=False),
)

#: One row: what the newest verification of the audit log came to, and when one was clean last.
audit_verification = Table(
    "audit_verification",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("result", String(20), nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("findings", BigInteger, nullable=False),
    Column("said", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("clean_at", Instant),
)

#: How many messages there were, also of those that retention has removed.
message_counts = Table(
    "message_counts",
    metadata,
    Column("connector", String(63), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("severity", String(1), nullable=False),
    Column("count", BigInteger, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
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
    Column("queued_at", Instant),
    Column("changed_at", Instant, nullable=False),
    Column("settled_at", Instant),
    #: When a monitor stored that it has ended, by its own clock: whoever writes a message dates it.
    Column("end_stored_at", Instant),
    Column("due", Instant),
    Column("valid_until", Instant),
    Column("first_sequence", BigInteger, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("phases", JSON, nullable=False),
    Column("data", JSON, nullable=False),
    Index("jobs_by_sequence", "first_sequence"),
    Index("jobs_by_state", "connector", "kind", "state"),
    Index("jobs_open", "state", "due"),
    Index("jobs_by_kind", "kind", "first_sequence"),
    Index("jobs_by_device", "device"),
    Index("jobs_by_parent", "parent"),
)

devices = Table(
    "devices",
    metadata,
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
    Column("first_sync", Instant),
    Column("created", Instant),
    Column("last_sync", Instant),
    Column("last_attempt", Instant),
    Column("last_policy_update", Instant),
    Column("status", Text, nullable=False, default=""),
    Column("policy_applied", Text, nullable=False, default=""),
    Column("policy_status", Text, nullable=False, default=""),
    Column("remote_wipe_supported", Boolean),
    Column("wipe_requested", Instant),
    Column("wipe_sent", Instant),
    Column("wipe_acknowledged", Instant),
    Column("listed_at", Instant),
    Column("listed_in", BigInteger),
    Column("statistics_at", Instant),
    Column("identity", Text, nullable=False, default="", server_default=""),
    Column("user_domain", Text, nullable=False, default="", server_default=""),
    Column("access_control_rule", Text, nullable=False, default="", server_default=""),
    Column("os_language", Text, nullable=False, default="", server_default=""),
    Column("mobile_operator", Text, nullable=False, default="", server_default=""),
    Column("status_note", Text, nullable=False, default="", server_default=""),
    Column("wipe_requestor", Text, nullable=False, default="", server_default=""),
    Column("account_wipe_requested", Instant),
    Column("account_wipe_sent", Instant),
    Column("account_wipe_acknowledged", Instant),
    Column("account_wipe_requestor", Text, nullable=False, default="", server_default=""),
    Column("client", String(20), nullable=False, default="unknown", server_default="unknown"),
    Column("searched", Text, nullable=False, default=""),
    Column("sort_name", String(200), nullable=False, default=""),
    Index("devices_by_guid", "guid"),
    Index("devices_in_order", "sort_name", "guid", "connector"),
    Index("devices_by_owner", "connector", "owner"),
    Index("devices_by_access", "connector", "access_state"),
    Index("devices_by_client", "connector", "client"),
)

owners = Table(
    "owners",
    metadata,
    Column("connector", String(63), primary_key=True),
    Column("guid", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("activesync_enabled", Boolean),
    Column("policy", Text),
    Column("policy_defaulted", Boolean),
    Column("allowed_ids", JSON, nullable=False),
    Column("blocked_ids", JSON, nullable=False),
    Column("server", Text, nullable=False, default="", server_default=""),
    Column("updated_at", Instant, nullable=False),
    Column("searched", Text, nullable=False),
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("connector", String(63), primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("job", String(80), nullable=False),
    Column("devices", BigInteger, nullable=False),
    Column("owners", BigInteger, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant, nullable=False),
    Column("complete", Boolean),
    Column("gaps", JSON),
    Index("sweeps_by_job", "job"),
)
