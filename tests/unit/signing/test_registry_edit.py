"""Changing one requester in the registry's text: the rest stays as it was written, the revision rises."""

from pathlib import Path

import pytest

from exconn.signing import RegistryError, new_signing_key, parse_registry
from exconn.signing.registry_edit import requester_in, with_requester
from exconn.signing.registry_keys import KeyEntry

ANNA, BERT = new_signing_key(), new_signing_key()
PATH = Path("requesters.toml")
TEXT = f"""# Ours.
revision = 4        # of June
deployment = "tests"

# The boss.
[requesters.anna]
role = "admin"
connectors = ["*"]
[[requesters.anna.keys]]
public = "{ANNA.public_text}"

# As the auditors want it.
[bounds.quota]
per_hour = 3
"""


def test_a_requester_that_comes_in_leaves_all_else_as_it_was_written() -> None:
    bert = requester_in(TEXT, "anna", path=PATH)
    assert bert is not None
    bert = bert.model_copy(update={"keys": (KeyEntry(public=BERT.public_text),)})

    changed = with_requester(TEXT, "bert", bert, path=PATH)

    assert set(parse_registry(changed).requesters) == {"anna", "bert"}
    assert parse_registry(changed).revision == 5
    assert changed.startswith(TEXT.replace("revision = 4 ", "revision = 5 "))


def test_a_requester_that_goes_takes_its_keys_along() -> None:
    changed = with_requester(TEXT, "anna", None, path=PATH)

    assert parse_registry(changed).requesters == {}
    assert ANNA.public_text not in changed
    assert "# As the auditors want it.\n[bounds.quota]" in changed
    assert "revision = 5        # of June" in changed


def test_a_file_that_is_written_in_another_way_is_not_touched() -> None:
    inline = f'anna = {{ keys = ["{ANNA.public_text}"], role = "view", connectors = [] }}'
    odd = f'revision = 1\ndeployment = "tests"\n[requesters]\n{inline}\n'

    with pytest.raises(RegistryError, match="change it by hand"):
        with_requester(odd, "anna", None, path=PATH)
