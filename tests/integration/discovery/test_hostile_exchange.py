"""A real worker whose connector is pointed at servers that mean no good: it says what is wrong, and lives on."""

import gzip
from collections.abc import Iterable
from pathlib import Path

from exconn.contracts import FactsType
from exconn.ledger import State
from exconn.stream import Number
from tests.integration.discovery.scene import WITHIN, Scene
from tests.support.machine.processes import wait_until
from tests.support.network.hostile_server import Hostile, Request, http_answer, tls_files


def redirect(_: Request) -> Iterable[bytes]:
    return http_answer(307, Location="https://127.0.0.1:1/PowerShell/")


def compressed(_: Request) -> Iterable[bytes]:
    return http_answer(200, gzip.compress(b"<a/>"), Content_Encoding="gzip")


def truncated(_: Request) -> Iterable[bytes]:
    return http_answer(200, b"<s:Envelope><s:He", Content_Type="application/soap+xml;charset=UTF-8")


HOSTILE = {
    redirect: "HTTP 307, a redirect, which is never followed",
    compressed: "a compressed answer (gzip)",
    truncated: "Exchange's answer was not understood",
}


def more_errors(scene: Scene, job_id: str, known: int) -> list[str]:
    """Why the installation failed each time, once it has failed once more and waits again."""

    def looked() -> list[str]:
        scene.ring()
        said = [each.text for each in scene.messages(job_id) if each.number == Number.INSTALL_FAILED]
        return said if len(said) > known and scene.job(job_id).state is State.WAITING else []

    return wait_until(looked, WITHIN, "another failure of the installation", logs=scene.processes.logs)


def test_one_worker_outlives_all_of_them_and_then_does_its_work(scene: Scene, tmp_path: Path) -> None:
    ca_file, context = tls_files(tmp_path, "127.0.0.1")
    worker = scene.worker(concurrency=1)
    errors: list[str] = []
    job_id = ""
    for answers, said in HOSTILE.items():
        with Hostile(answers, tls=context) as server:
            scene.apply(url=server.url, ca_file=str(ca_file))
            job_id = job_id or scene.install()
            if errors:
                scene.ledger.retry(job_id, by="test")
            errors = more_errors(scene, job_id, len(errors))
            assert server.requests > 0
            assert said in errors[-1]

    scene.apply()
    scene.ledger.retry(job_id, by="test")
    scene.settled(job_id)

    assert worker.exit_code is None
    assert scene.job(job_id).state is State.SETTLED


def test_a_phone_whose_name_holds_what_xml_forbids_stops_no_sweep(scene: Scene) -> None:
    """A sweep with such a phone was tried again for ever."""
    for cmdlet in ("Get-MobileDevice", "Get-MobileDeviceStatistics"):
        scene.simulator.fault("noncharacters", cmdlet, times=-1, records=2)
    scene.worker()

    scene.installed_and_swept()

    assert scene.registered() == 120
    assert sum("\ufffd" in fact.friendly_name for fact in scene.facts(FactsType.DEVICES)) == 2
