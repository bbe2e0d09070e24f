"""`exconn doctor` in a shell that sets no variables, as beside a demo: the context names the file that has them."""

from tests.integration.cli.conftest import write_context
from tests.integration.cli.doctor_scene import CONNECTOR, DoctorScene


def write_variables(scene: DoctorScene) -> None:
    (scene.exconn.folder / "worker.env").write_text(
        f"EXCONN_BROKER_URL={scene.server.url}\nEXCONN_LEDGER_URL={scene.server.url}\nEXCONN_LEDGER_DURABILITY='disk'\n"
    )
    write_context(scene.exconn.folder, connector=CONNECTOR, worker_env_file="../worker.env")


def test_variables_come_from_the_file_that_the_context_names(scene: DoctorScene) -> None:
    write_variables(scene)

    ran = scene.exconn("doctor", "--json")

    assert ran.code == 0, ran.out
    settings, broker, *_ = ran.json["checks"]
    assert (settings["state"], broker["state"]) == ("ok", "ok")
    assert settings["said"].endswith("worker.env")


def test_variables_of_the_shell_come_before_the_file(scene: DoctorScene) -> None:
    write_variables(scene)

    ran = scene.exconn("doctor", "--json", env={"EXCONN_BROKER_URL": scene.server.url})

    failed = [each["said"] for each in ran.json["checks"] if each["state"] == "failed"]
    assert (ran.code, failed) == (2, ["EXCONN_LEDGER_URL: not set"])


def test_a_file_of_variables_that_is_not_there_is_named(scene: DoctorScene) -> None:
    write_context(scene.exconn.folder, connector=CONNECTOR, worker_env_file="gone.env")

    ran = scene.exconn("doctor")

    assert ran.code == 2
    assert "gone.env" in ran.err
    assert "take the line out" in ran.err
