"""Make the images that the tests in containers use, so that these find them made: python -m with this module's name."""

import os
from pathlib import Path

from tests.support.containers.engine import PREFIX
from tests.support.containers.stack import Stack

if __name__ == "__main__":
    Stack(f"{PREFIX}{os.getpid()}", Path()).build()
