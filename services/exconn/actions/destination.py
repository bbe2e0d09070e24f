"""Where a cmdlet goes, kept before it is sent: a successor ends that session and reads at that domain controller."""

from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from exconn.actions.look import Look, controller_of
from exconn.exchange import Session
from exconn.ledger.job import EARLIER_SESSION_ID


class Destination(BaseModel):
    """Server, session and domain controller of a cmdlet. Base of what the kinds of action keep before theirs."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True)

    server: str = ""
    session_id: str = Field(default="", validation_alias=AliasChoices("session_id", EARLIER_SESSION_ID))
    domain_controller: str = ""

    @model_serializer(mode="wrap")
    def _under_both_names(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {**write(self), EARLIER_SESSION_ID: self.session_id}


def destination_of(session: Session, look: Look, *, unnamed: bool) -> dict[str, Any]:
    """Where the cmdlet is about to go, by the names of the fields; `unnamed`: to no domain controller by its name."""
    return {
        "server": session.server,
        "session_id": session.session_id,
        "domain_controller": "" if unnamed else controller_of(look.device),
    }
