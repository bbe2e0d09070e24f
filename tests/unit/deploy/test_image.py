"""What the image says of itself agrees with the project."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_label_names_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert f"\nARG VERSION={project['version']}\n" in DOCKERFILE


def test_no_front_end_is_pulled_before_a_build() -> None:
    assert "syntax=" not in DOCKERFILE


def test_the_default_base_image_is_the_same_everywhere() -> None:
    named = re.findall(r"python:3[\w.-]+", DOCKERFILE + (ROOT / "compose.yaml").read_text(encoding="utf-8"))

    assert set(named) == {"python:3.13-slim-bookworm"}
    assert len(named) >= 2


def test_every_folder_that_a_volume_is_mounted_on_belongs_to_the_images_user() -> None:
    """A new volume takes the owner of the folder below it: one that the image lacks would belong to root."""
    folders = (ROOT / "deploy/image/make-folders").read_text(encoding="utf-8").split()
    compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    mounted = set(re.findall(r"- [a-z-]+:(/[\w/-]+)(?=\n)", compose))

    assert {folder for folder in mounted if folder not in folders and f"{folder};" not in folders} == set()
    assert "/access/broker" in mounted
