"""The endpoints under /v1/audit: everything that a verification needs, without the monitor's word for it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from exconn.monitor.answers import audit as about_audit
from exconn.monitor.answers.audit import AuditHeadView, CheckpointsView, ElementsView, EntriesView, RefusedRequestsView
from exconn.monitor.answers.source import Source
from exconn.monitor.api.parameters import MAX_SEQUENCE, Limit
from exconn.monitor.queries.page import DEFAULT_LIMIT

#: Elements are small, and there are many.
MAX_ELEMENTS = 2000
Place = Annotated[
    int, Query(ge=0, le=MAX_SEQUENCE, description="`next` of the previous answer; absent: from the start")
]
Elements = Annotated[int, Query(ge=1, le=MAX_ELEMENTS, description="the most elements to return")]


def audit_routes(routes: APIRouter, source: Source) -> None:
    """Add them."""

    @routes.get("/v1/audit")
    def show_audit() -> AuditHeadView:
        """How long the audit log is, and its newest checkpoint."""
        return about_audit.audit_head(source)

    @routes.get("/v1/audit/checkpoints")
    def list_checkpoints(after: Place = 0, limit: Elements = MAX_ELEMENTS) -> CheckpointsView:
        """Checkpoints in order."""
        return about_audit.audit_checkpoints(source, after=after, limit=limit)

    @routes.get("/v1/audit/elements", response_model=ElementsView)
    def list_elements(first: Place = 0, limit: Elements = MAX_ELEMENTS) -> Response:
        """Elements in order."""
        # There may be millions: they go out as they are, without a model of each.
        found = about_audit.audit_elements(source, first=first, limit=limit)
        return Response(found, media_type="application/json")

    @routes.get("/v1/audit/refused")
    def list_refused(limit: Limit = DEFAULT_LIMIT) -> RefusedRequestsView:
        """Requests without a good signature, the newest first."""
        return about_audit.refused_requests(source, limit)

    @routes.get("/v1/audit/messages/{sequence}")
    def show_element(sequence: Annotated[int, Path(ge=0, le=MAX_SEQUENCE)]) -> EntriesView:
        """The elements of the messages with a number."""
        return about_audit.audit_message(source, sequence)
