"""Run by Alembic for each command: on the connection that the caller has opened, and in its transaction."""

from alembic import context

from exconn.monitor.schema_revision import VERSION_TABLE
from exconn.monitor.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
context.run_migrations()
