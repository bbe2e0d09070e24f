"""The programs of deploy/, which are no packages."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parents[3] / "deploy"


def program(name: str) -> ModuleType:
    """`deploy/NAME.py` as a module."""
    found = importlib.util.spec_from_file_location(f"{name}_for_tests", FOLDER / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module
