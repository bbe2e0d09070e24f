"""How the audit log is sealed and verified: its key, the second places of its checkpoints, when and how long."""

from datetime import datetime, time, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from exconn.monitor.audit.schedule import Schedule
from exconn.monitor.audit.syslog import SyslogAddress
from exconn.settings import Duration, Settings
from exconn.signing.keyfile import parse_public_key


class AuditSettings(Settings, env_prefix="EXCONN_AUDIT_"):
    """The checkpoints of the audit log."""

    key_file: Path | None = Field(
        default=None, description="the key that signs checkpoints (exconn requesters keys --new FILE); empty: unsigned"
    )
    anchor_file: Path | None = Field(
        default=None, description="a file to which each checkpoint is appended, best on another machine; empty: none"
    )
    syslog: str = Field(
        default="",
        description="a syslog server that gets each checkpoint: udp://HOST:PORT, tcp://HOST:PORT or unix:///PATH; "
        "empty: none",
    )
    earlier_keys: str = Field(
        default="", description="public keys that signed earlier checkpoints, in base64, separated by commas"
    )
    checkpoint_every: Duration = Field(default=timedelta(minutes=10), description="time between checkpoints")
    verify_every: Duration = Field(default=timedelta(days=1), description="time between verifications of the whole log")
    verify_at: str = Field(
        default="02:00", description="hour and minute (UTC) of a verification, where a day or more lies between two"
    )
    verify_within: Duration = Field(
        default=timedelta(hours=2), description="a verification that takes longer is given up, which is a problem"
    )

    @field_validator("earlier_keys")
    @classmethod
    def _all_keys(cls, earlier_keys: str) -> str:
        try:
            _parsed(earlier_keys)
        except ValueError as exc:
            raise PydanticCustomError("no_key", "has no public keys: {why}", {"why": str(exc)}) from exc
        return earlier_keys

    @field_validator("syslog")
    @classmethod
    def _an_address(cls, syslog: str) -> str:
        try:
            if syslog:
                SyslogAddress.of(syslog)
        except ValueError as exc:
            raise PydanticCustomError("no_syslog", "is no address: {why}", {"why": str(exc)}) from exc
        return syslog

    @field_validator("verify_at")
    @classmethod
    def _hour_and_minute(cls, verify_at: str) -> str:
        try:
            datetime.strptime(verify_at, "%H:%M")  # noqa: DTZ007 (a time of day alone)
        except ValueError as exc:
            raise PydanticCustomError("no_time", "is no time of day, such as 02:00") from exc
        return verify_at

    def schedule(self) -> Schedule:
        """When the log is verified."""
        hour, minute = self.verify_at.split(":")
        return Schedule(every=self.verify_every, at=time(int(hour), int(minute)))

    def earlier(self) -> list[Ed25519PublicKey]:
        """The public keys that signed earlier checkpoints."""
        return _parsed(self.earlier_keys)


def _parsed(texts: str) -> list[Ed25519PublicKey]:
    return [parse_public_key(text.strip()) for text in texts.split(",") if text.strip()]
