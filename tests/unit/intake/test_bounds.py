"""The brakes are the deployment's: whoever may change a definition cannot get beyond the bounds of the registry."""

import uuid
from collections import Counter

from exconn.connector import parse_definition, sample_definition
from exconn.contracts.request import Target
from exconn.signing import parse_registry
from exconn.signing.registry_text import WIDE_OPEN
from tests.support.requests.receiving import ANNA, IntakeScene
from tests.support.requests.registries import give_long_ago
from tests.support.requests.signed import registry_text

#: What a thief would apply: the sample of a definition with its limits as wide as they can be written.
OPEN_BRAKES = parse_definition(
    sample_definition("north").partition("[limits.")[0] + WIDE_OPEN.replace("[bounds.", "[limits.")
)
TIGHT = '[bounds.erase]\nshort = { count = 2, within = "2h" }\n'


def states_of_wipes(scene: IntakeScene, count: int) -> Counter[str | None]:
    """That many wipes are asked for at once: how many of them stand where."""
    devices = [str(uuid.uuid4()) for _ in range(count)]
    for device in devices:
        scene.know(device)
    return Counter(scene.ask(target=Target(device=device)).state for device in devices)


def test_a_definition_with_the_brakes_wide_open_gets_no_further_than_the_factorys_bounds(scene: IntakeScene) -> None:
    scene.store.apply(OPEN_BRAKES, "anna")

    assert states_of_wipes(scene, 12) == {"queued": 3, "held": 9}


def test_wider_bounds_of_the_registry_alone_do_not_widen_what_the_definition_says(scene: IntakeScene) -> None:
    give_long_ago(scene, parse_registry(registry_text({"anna": ANNA}, bounds=WIDE_OPEN)))

    assert states_of_wipes(scene, 12) == {"queued": 3, "held": 9}


def test_bounds_of_the_registry_hold_where_definition_and_quota_are_wider(scene: IntakeScene) -> None:
    scene.store.apply(OPEN_BRAKES, "anna")
    scene.registry = parse_registry(registry_text({"anna": ANNA}, bounds=TIGHT))

    assert states_of_wipes(scene, 6) == {"queued": 2, "held": 4}


def test_where_definition_and_registry_are_both_wide_many_are_let_in(scene: IntakeScene) -> None:
    scene.store.apply(OPEN_BRAKES, "anna")
    give_long_ago(scene, parse_registry(registry_text({"anna": ANNA}, bounds=WIDE_OPEN)))

    assert states_of_wipes(scene, 12) == {"queued": 12}
