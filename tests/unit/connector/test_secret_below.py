"""Out of the folder of secrets no path and no link leads; what lies in it is read, through links as well."""

import os
from pathlib import Path

import pytest

from exconn.connector import NotPermittedError, SecretError, read_secret


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of secrets with one in it; another secret lies beside the folder."""
    made = tmp_path / "secrets"
    (made / "contoso").mkdir(parents=True)
    (made / "contoso" / "actions").write_text("inside\n")
    (tmp_path / "ledger-url").write_text("outside\n")
    (tmp_path / "secrets-of-others").mkdir()
    (tmp_path / "secrets-of-others" / "key").write_text("outside\n")
    return made


def test_file_in_the_folder_is_read(folder: Path) -> None:
    assert read_secret(folder / "contoso" / "actions", below=folder).get_secret_value() == "inside"


def test_links_inside_of_the_folder_are_followed_as_mounted_secrets_need(folder: Path) -> None:
    version = folder / "..2026_01_02"
    version.mkdir()
    (version / "policy").write_text("mounted\n")
    (folder / "..data").symlink_to("..2026_01_02")
    (folder / "policy").symlink_to("..data/policy")

    assert read_secret(folder / "policy", below=folder).get_secret_value() == "mounted"


def test_folder_that_is_a_link_itself_counts_as_what_it_leads_to(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)

    assert read_secret(link / "contoso" / "actions", below=link).get_secret_value() == "inside"
    assert read_secret(folder / "contoso" / "actions", below=link).get_secret_value() == "inside"


@pytest.mark.parametrize(
    "path",
    [
        "../ledger-url",
        "contoso/../../ledger-url",
        "../secrets-of-others/key",
        "/proc/self/environ",
        "/etc/passwd",
        "/nowhere/at/all",
    ],
)
def test_path_that_leads_out_is_refused_by_its_name_alone(path: str, folder: Path) -> None:
    named = folder / path

    with pytest.raises(NotPermittedError) as caught:
        read_secret(named, below=folder)

    assert (caught.value.part, caught.value.value) == ("secret_file", str(named))
    assert "outside" not in str(caught.value)
    assert "EXCONN_SECRETS_DIR" in caught.value.remedy


@pytest.mark.parametrize("target", ["../ledger-url", "/proc/self/environ", "contoso/../../ledger-url"])
def test_link_that_leads_out_is_refused(target: str, folder: Path) -> None:
    (folder / "link").symlink_to(target)

    with pytest.raises(NotPermittedError):
        read_secret(folder / "link", below=folder)


def test_folder_in_the_path_that_is_a_link_leading_out_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "others").symlink_to(tmp_path / "secrets-of-others")

    with pytest.raises(NotPermittedError):
        read_secret(folder / "others" / "key", below=folder)


def test_link_that_comes_up_after_the_look_is_not_followed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = folder / "contoso" / "actions"
    look = os.path.realpath

    def swapped_after_the_look(path: str | Path) -> str:
        found = look(path)
        if Path(path) == named:
            named.unlink()
            named.symlink_to(tmp_path / "ledger-url")
        return found

    monkeypatch.setattr(os.path, "realpath", swapped_after_the_look)

    with pytest.raises(SecretError):
        read_secret(named, below=folder)


def test_what_is_no_regular_file_is_refused_at_once(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "circle").symlink_to("circle")

    for name in ("pipe", "circle", "contoso", "absent", "."):
        with pytest.raises(SecretError):
            read_secret(folder / name, below=folder)
