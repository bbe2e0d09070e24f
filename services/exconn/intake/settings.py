"""Where intake listens."""

from pathlib import Path

from pydantic import Field

from exconn.settings import Settings


class IntakeSettings(Settings, env_prefix="EXCONN_INTAKE_"):
    """Intake's HTTP listener and its Celery door."""

    host: str = Field(default="127.0.0.1", description="address to listen on; loopback unless told otherwise")
    port: int = Field(
        default=8781, ge=0, le=65535, description="port to listen on; 0 takes a free one and names it in intake.json"
    )
    tls_cert_file: Path | None = Field(
        default=None,
        description="certificate chain in PEM to serve TLS with, read anew when it changes; empty: plain HTTP",
    )
    tls_key_file: Path | None = Field(
        default=None, description="the key of that certificate in PEM, readable by this service alone"
    )
    door: bool = Field(
        default=True, description="false takes no requests from the Celery queue exconn.requests, only over HTTP"
    )
