"""Where a cmdlet went is read as versions before kept it, and kept so that they can read it."""

import pytest

from exconn.actions.destination import Destination
from exconn.actions.wipe.pre_image import PreImage


@pytest.mark.parametrize("kept", [Destination, PreImage])
def test_a_pre_image_of_the_version_before_names_the_session_to_end(kept: type[Destination]) -> None:
    assert kept.model_validate({"server": "ex1", "shell_id": "A-1"}).session_id == "A-1"


@pytest.mark.parametrize("kept", [Destination, PreImage])
def test_what_is_kept_names_the_session_for_both_versions(kept: type[Destination]) -> None:
    written = kept(server="ex1", session_id="A-1").model_dump(mode="json")

    assert (written["session_id"], written["shell_id"]) == ("A-1", "A-1")
    assert kept.model_validate(written).session_id == "A-1"
