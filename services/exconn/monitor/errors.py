"""What keeps a monitor from starting or working.

MonitorError
+- DatabaseUnusableError     the setting names no database that can be used
+- DatabaseUnreachableError  the database server does not answer
+- SchemaOlderError          its tables are those of an older version: they must be migrated
+- SchemaNewerError          its tables are those of a newer version: this one cannot use them
+- ProjectorLeaseLostError   another monitor projects; this one stands by
"""


class MonitorError(Exception):
    """Base of the monitor's errors."""


class DatabaseUnusableError(MonitorError):
    """The database named by the setting cannot be used as it is."""

    def __init__(self, database: str, detail: str, *, remedy: str) -> None:
        self.database = database
        self.detail = detail
        self.remedy = remedy
        super().__init__(f"EXCONN_MONITOR_DATABASE: cannot use {database} ({detail}); {remedy}")


class DatabaseUnreachableError(MonitorError):
    """The database server does not answer."""

    def __init__(self, database: str, detail: str) -> None:
        self.database = database
        self.detail = detail
        super().__init__(f"no database answers at {database} ({detail}): start it or correct EXCONN_MONITOR_DATABASE")


class SchemaOlderError(MonitorError):
    """The tables are not yet those of this version."""

    def __init__(self, database: str, found: str | None, needed: str) -> None:
        self.database = database
        self.found = found
        self.needed = needed
        has = "has no tables yet" if found is None else f"has schema {found}, this version needs {needed}"
        super().__init__(f"{database} {has}: run python -m exconn.monitor migrate, or set EXCONN_MONITOR_MIGRATE=true")


class SchemaNewerError(MonitorError):
    """The tables were migrated by a newer version; there is no way back."""

    def __init__(self, database: str, found: str, needed: str) -> None:
        self.database = database
        self.found = found
        self.needed = needed
        super().__init__(
            f"{database} has schema {found}, this version knows none after {needed}: start the newer version of "
            "exconn again, or restore the backup from before its migration"
        )


class ProjectorLeaseLostError(MonitorError):
    """The stored position moved, so another monitor has projected: this batch was rolled back."""

    def __init__(self, stream: str, expected: str) -> None:
        self.stream = stream
        self.expected = expected
        super().__init__(f"the position of {stream} is no longer {expected}: another monitor projects")
