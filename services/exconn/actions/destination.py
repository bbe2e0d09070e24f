"""Where a cmdlet goes, kept before it is sent: a successor ends that session and reads at that domain controller."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from exconn.actions.look import Look, controller_of
from exconn.exchange import Session


class Destination(BaseModel):
    """Server, session and domain controller of a cmdlet. Base of what the kinds of action keep before theirs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    server: str = ""
    session_id: str = ""
    domain_controller: str = ""


def destination_of(session: Session, look: Look, *, unnamed: bool) -> dict[str, Any]:
    """Where the cmdlet is about to go, by the names of the fields; `unnamed`: to no domain controller by its name."""
    return {
        "server": session.server,
        "session_id": session.session_id,
        "domain_controller": "" if unnamed else controller_of(look.device),
    }
