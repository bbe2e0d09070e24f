"""What Exchange's pages say, read anew."""

import json
from collections.abc import Mapping
from importlib.resources import files

import pytest


@pytest.fixture(scope="module")
def pages() -> Mapping[str, Mapping[str, str]]:
    """The defaults that each page names: cmdlet -> parameter -> default."""
    content = json.loads(files("exconn.exchange.cmdlets").joinpath("cmdlets.json").read_text("utf-8"))
    return {
        name: {key: value["default"] for key, value in entry["parameters"].items() if "default" in value}
        for name, entry in content["cmdlets"].items()
    }
