"""The launcher builds what signs in with Kerberos when a definition asks for it, and names what the machine lacks."""

from pathlib import Path

import pytest

from tests.support.machine.checkout import BUILDS, Checkout

WITH_KERBEROS = {
    "said": '[exchange]\nurl = "http://ex1.example/PowerShell/"\nauth = "kerberos"\n',
    "by default": '[exchange]\nurl = "http://ex1.example/PowerShell/"\n# auth = "basic"\n[accounts.discovery]\n',
}
WITHOUT = {
    "another way": '[exchange]\nauth = "basic"\n',
    "of another table": '[other]\nauth = "kerberos"\n',
    "no definition": "[requesters.operator]\n",
}


def locks(checkout: Checkout) -> list[str]:
    return [call.rsplit("/", 1)[1] for call in checkout.calls if "requirements/" in call]


def definition(checkout: Checkout, text: str) -> Path:
    path = checkout.elsewhere / "my connector.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("text", WITH_KERBEROS.values(), ids=WITH_KERBEROS)
@pytest.mark.parametrize("before", [[], ["--file="]], ids=["argument", "option"])
def test_a_definition_that_signs_in_with_kerberos_has_it_built_once(
    checkout: Checkout, text: str, before: list[str]
) -> None:
    path = definition(checkout, text)
    argument = "".join([*before, path.name])

    first = checkout.run("exconn", "doctor", argument)
    installed = locks(checkout)
    checkout.run("exconn", "doctor", argument)

    assert (first.returncode, first.stdout) == (0, f"exconn doctor {argument} in {checkout.elsewhere}\n")
    assert installed == ["demo.txt", "kerberos.txt"]
    assert locks(checkout) == installed


@pytest.mark.parametrize("text", WITHOUT.values(), ids=WITHOUT)
def test_nobody_else_waits_for_a_compiler(checkout: Checkout, text: str) -> None:
    path = definition(checkout, text)
    checkout.lacks(*BUILDS)

    result = checkout.run("exconn", "connector", "apply", str(path))
    checkout.run("demo", "--once")

    assert result.returncode == 0
    assert "Kerberos" not in result.stderr
    assert locks(checkout) == ["demo.txt"]


@pytest.mark.parametrize(
    "arguments", [("kerberos",), ("demo", "--once", "--kerberos"), ("exconn", "doctor", "--file", "my connector.toml")]
)
def test_who_cannot_do_without_is_told_the_packages_and_the_next_step(
    checkout: Checkout, arguments: tuple[str, ...]
) -> None:
    definition(checkout, WITH_KERBEROS["said"])
    checkout.lacks("chromium", "gcc", "libkrb5-dev")

    result = checkout.run(*arguments)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1].endswith(
        "must be built here; install (on Debian): gcc libkrb5-dev; then run: ./run kerberos"
    )
    assert locks(checkout) == ["demo.txt"]


def test_who_only_hands_a_definition_on_is_told_and_goes_on(checkout: Checkout) -> None:
    path = definition(checkout, WITH_KERBEROS["by default"])
    checkout.lacks("python3-dev")

    result = checkout.run("exconn", "connector", "apply", path.name)

    assert result.returncode == 0
    assert result.stdout == f"exconn connector apply {path.name} in {checkout.elsewhere}\n"
    assert f"{path.name} signs in with Kerberos, which must be built here" in result.stderr


@pytest.mark.parametrize("arguments", [("kerberos",), ("demo", "--kerberos")])
def test_it_is_built_for_whoever_asks_for_it_by_name(checkout: Checkout, arguments: tuple[str, ...]) -> None:
    result = checkout.run(*arguments)

    assert result.returncode == 0
    assert locks(checkout) == ["demo.txt", "kerberos.txt"]


def test_once_built_it_follows_its_lock(checkout: Checkout) -> None:
    checkout.run("kerberos")
    lock = checkout.root / "requirements" / "kerberos.txt"
    lock.write_text(lock.read_text(encoding="utf-8") + "# newer\n", encoding="utf-8")

    checkout.run("exconn", "devices", "list")

    assert locks(checkout) == ["demo.txt", "kerberos.txt", "kerberos.txt"]
