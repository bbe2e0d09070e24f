"""The checkout itself, read and parsed once for all guards of one process."""

from pathlib import Path

from tests.architecture.source_tree import SourceTree

ROOT = Path(__file__).parents[2]
PROJECT = SourceTree(ROOT)
