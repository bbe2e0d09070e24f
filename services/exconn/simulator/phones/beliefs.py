"""What is believed of wipes, of who shows their devices, and of sizes in policies, and cannot be looked up.

One switch each, so that clients can be tested under either form.

The defaults are what is documented, or, where nothing is, what is thought likeliest.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class RequestTime(StrEnum):
    """What `DeviceWipeRequestTime` shows after a new `Clear-…`."""

    EXACT = "exact"
    WHOLE_SECONDS = "whole_seconds"
    #: A wipe that is asked for again while one is pending keeps the time and the requestor of the first.
    KEPT_WHILE_PENDING = "kept_while_pending"


class CatalogNames(StrEnum):
    """What `OriginatingServer` shows of an object that a global catalog answers with, where no controller was named."""

    ITSELF = "itself"
    #: A domain controller of the object's domain, which did not answer, and may know more or less than the catalog.
    HOLDER = "holder"
    NOTHING = "nothing"


class TruncationSizes(StrEnum):
    """What a bare number means for the sizes behind which mail is cut off; the two families' pages conflict."""

    #: Kilobytes, shown as the number that was given.
    KILOBYTES = "kilobytes"
    #: Kilobytes, shown as a number of bytes.
    SHOWN_IN_BYTES = "shown_in_bytes"
    #: Bytes, shown as a size with its unit.
    BYTES = "bytes"


class Beliefs(BaseModel):
    """How this Exchange, and the phones that it serves, take wipes and policies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request_time: RequestTime = Field(default=RequestTime.EXACT, description="what is shown as the time of a request")
    acknowledgement_kept: bool = Field(
        default=False, description="a new wipe leaves the sent and acknowledged times of the one before"
    )
    cancel_keeps_request_time: bool = Field(default=False, description="a cancelled wipe still shows its request time")
    calls_outlive_shells: bool = Field(default=True, description="a lost call runs on when its shell is ended")
    blocked_phones_connect: bool = Field(default=True, description="a blocked phone still comes for its wipe")
    success_repeats: bool | None = Field(
        default=None, description="a phone that is set up again gets its acknowledged wipe again; null: on 2010 only"
    )
    outlook_reports: bool = Field(default=False, description="Outlook acknowledges its wipes")
    outlook_shows_sent: bool = Field(default=True, description="the sent time of Outlook's wipes is shown")
    catalog_names: CatalogNames = Field(
        default=CatalogNames.ITSELF, description="which domain controller the objects of a global catalog name"
    )
    truncation_sizes: TruncationSizes = Field(
        default=TruncationSizes.KILOBYTES, description="what a bare number means where mail is cut off"
    )


#: Every belief as documented or likeliest.
USUAL = Beliefs()
