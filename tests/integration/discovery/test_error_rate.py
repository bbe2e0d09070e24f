"""A sweep of an old estate where one cmdlet in ten fails for a moment: no phone is lost, what is missing has a name."""

from datetime import timedelta
from pathlib import Path

import pytest

from exconn.contracts import FactsType, GapPlace
from exconn.stream import Number
from tests.integration.discovery.conftest import staged

DEVICES = 120
#: A list that fails is tried again, later each time.
WITHIN = timedelta(seconds=150)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_sweep_amid_passing_errors_registers_every_phone_and_names_what_it_could_not_read(tmp_path: Path) -> None:
    with staged(tmp_path, devices=DEVICES, estate="real") as scene:
        scene.worker()
        scene.settled(scene.install())
        scene.simulator.one_in_ten_fails()

        sweep = scene.sweep()
        scene.settled(sweep, within=WITHIN)

        phones = scene.devices()
        known = {guid for guid, entry in scene.entries().items() if entry is not None}
        # A deleted mailbox has left its phones in the directory, and there is nobody to ask about them.
        asked = {guid: each["user"] for guid, each in phones.items() if each["owner_kind"] != "soft_deleted"}
        read = {fact.guid for fact in scene.facts(FactsType.STATISTICS)}
        without = {scene.simulator.control("GET", f"/mailboxes/{asked[guid]}")["guid"] for guid in asked.keys() - read}
        (finished,) = [each for each in scene.messages(sweep) if each.number == Number.SWEEP_FINISHED]
        (closing,) = scene.facts(FactsType.FINALISE)

    unread = {gap.name for gap in closing.gaps.named if gap.place is GapPlace.UNREAD_MAILBOX}
    assert known == phones.keys()
    assert without <= unread
    assert (finished.data["complete"], finished.data["unread_mailboxes"]) == (False, len(unread))
    kinds = {gap.kind for gap in closing.gaps.named}
    assert any("Transient" in kind for kind in kinds)
    assert any(gap.place is GapPlace.LIST_ERROR and gap.name for gap in closing.gaps.named)
