"""The doctor says whether a definition is within the bounds of the machine, and turns to nothing beyond them."""

import pytest

from tests.integration.cli.doctor_scene import DoctorScene


@pytest.mark.parametrize(
    ("variable", "value", "part"),
    [
        ("EXCONN_EXCHANGE_HOSTS", "*.corp.example", "host 127.0.0.1"),
        ("EXCONN_EXCHANGE_SIGN_INS", "kerberos", "sign_in basic"),
        ("EXCONN_SECRETS_DIR", "/nowhere", "secret_file"),
    ],
)
def test_definition_beyond_the_bounds_is_a_failure_and_nothing_is_turned_to(
    scene: DoctorScene, variable: str, value: str, part: str
) -> None:
    ran = scene.doctor("--json", **{variable: value})

    checks = ran.json["checks"]
    (finding,) = [each for each in checks if each["state"] == "failed"]
    assert ran.code == 2
    assert (finding["check"], finding["said"].startswith(part)) == ("permitted", True)
    assert variable in finding["next"]
    assert checks[-1] == finding, "nothing else was looked at"


def test_definition_in_a_file_is_judged_as_well(scene: DoctorScene) -> None:
    file = scene.file(scene.definition())

    (finding,) = scene.checks("--file", file, EXCONN_EXCHANGE_HOSTS="ex1.corp.example")

    assert finding["check"] == "permitted"


def test_bounds_that_are_not_set_are_a_warning_that_names_them(scene: DoctorScene) -> None:
    (finding,) = scene.checks(state="warning", EXCONN_EXCHANGE_HOSTS="", EXCONN_SECRETS_DIR="")

    assert finding["check"] == "permitted"
    assert finding["next"] == "set EXCONN_EXCHANGE_HOSTS and EXCONN_SECRETS_DIR of the workers"


def test_bound_that_is_no_host_is_named(scene: DoctorScene) -> None:
    (finding,) = scene.checks(EXCONN_EXCHANGE_HOSTS="*")

    assert "EXCONN_EXCHANGE_HOSTS" in finding["said"]
