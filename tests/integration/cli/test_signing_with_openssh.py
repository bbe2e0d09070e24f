"""The command line signs with OpenSSH: keys in files, in agents and in hardware; a request is verified by intake."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from exconn.keyspace import connect
from exconn.signing import new_signing_key, save_signing_key
from exconn.signing.registry_file import load_registry
from exconn.signing.registry_trace import RegistryTrace
from exconn.signing.scopes import NEW_FOR_SINGLE
from exconn.signing.ssh_files import ssh_key_in
from tests.integration.cli.conftest import Operator, Services, write_context
from tests.integration.cli.running import CommandLine
from tests.support.machine.openssh import make_key, run_openssh
from tests.support.requests.registries import later
from tests.support.requests.software_agent import software_agent
from tests.support.requests.ssh_signatures import SshKey

pytestmark = pytest.mark.usefixtures("openssh")

Admit = Callable[..., None]


@pytest.fixture
def admit(operator: Operator, services: Services) -> Admit:
    """Has the registry know carla by one key, and her context name the file of it."""

    def admit_carla(public: str, key_file: Path, *demanded: str) -> None:
        services.intake.register_keys({"carla": public}, hardware_for=demanded)
        with connect(services.url) as client:
            # Known for long: what is loosened, and a new key that consents, counts a day later.
            RegistryTrace(client).count(load_registry(services.intake.requesters_file), by="intake")
            later(client, NEW_FOR_SINGLE)
        write_context(
            operator.exconn.folder,
            monitor_url=services.monitor.url,
            intake_url=services.intake.url,
            connector=operator.connector,
            requester="carla",
            key_file=str(key_file),
        )

    return admit_carla


def public_file(key: SshKey, folder: Path) -> Path:
    """The public half of a key that is in an agent."""
    path = folder / "id.pub"
    path.write_text(key.line + "\n")
    return path


def test_touched_hardware_key_signs_a_request_that_demands_one(
    operator: Operator, admit: Admit, tmp_path: Path
) -> None:
    key = SshKey()
    admit(key.line, public_file(key, tmp_path), "pause")

    with software_agent(key) as agent:
        ran = operator.exconn("brakes", "pause", env={"SSH_AUTH_SOCK": str(agent)})

    assert ran.code == 0, ran.err
    assert "touch your key" in ran.err


def test_untouched_hardware_key_is_refused_before_anything_is_sent(
    operator: Operator, admit: Admit, tmp_path: Path
) -> None:
    key = SshKey()
    admit(key.line, public_file(key, tmp_path))

    with software_agent(key, flags=0) as agent:
        ran = operator.exconn("brakes", "pause", env={"SSH_AUTH_SOCK": str(agent)})

    assert ran.code == 4
    assert "without being touched" in ran.err
    assert "no-touch-required" in ran.err


def test_agent_whose_person_says_no_is_told_as_it_is(operator: Operator, admit: Admit, tmp_path: Path) -> None:
    key = SshKey()
    admit(key.line, public_file(key, tmp_path))

    with software_agent(key, refuses=True) as agent:
        ran = operator.exconn("brakes", "pause", env={"SSH_AUTH_SOCK": str(agent)})

    assert ran.code == 4
    assert "not signed" in ran.err
    assert "ssh-add -l" in ran.err


def test_key_in_a_file_signs_and_one_that_demands_hardware_is_refused(
    operator: Operator, admit: Admit, tmp_path: Path
) -> None:
    path = make_key(tmp_path / "id")
    public = path.with_suffix(".pub").read_text()
    admit(public, path, "resume")

    assert operator.exconn("brakes", "pause").code == 0
    ran = operator.exconn("brakes", "resume", "--yes")

    assert ran.code == 4, ran
    assert "hardware keys only" in ran.err
    assert "ed25519-sk" in ran.err


def test_plain_key_is_refused_where_hardware_is_demanded(operator: Operator, admit: Admit, tmp_path: Path) -> None:
    key, path = new_signing_key(), tmp_path / "plain.pem"
    save_signing_key(key, path)
    admit(key.public_text, path, "pause")

    ran = operator.exconn("brakes", "pause")

    assert ran.code == 4
    assert "hardware keys only" in ran.err


def test_key_in_an_agent_signs(operator: Operator, admit: Admit, ssh_agent: str, tmp_path: Path) -> None:
    path = make_key(tmp_path / "id")
    assert run_openssh("ssh-add", "-q", path, SSH_AUTH_SOCK=ssh_agent).returncode == 0
    path.unlink()
    public = path.with_suffix(".pub")
    admit(public.read_text(), public)

    ran = operator.exconn("brakes", "pause", env={"SSH_AUTH_SOCK": ssh_agent})

    assert ran.code == 0, ran.err


def test_machine_without_ssh_keygen_is_told_what_to_install(operator: Operator, admit: Admit, tmp_path: Path) -> None:
    path = make_key(tmp_path / "id")
    admit(path.with_suffix(".pub").read_text(), path)

    ran = operator.exconn("brakes", "pause", env={"PATH": str(tmp_path)})

    assert ran.code == 1
    assert "openssh-client" in ran.err


def test_keys_shows_the_id_of_an_openssh_key_and_the_line_for_the_registry(exconn: CommandLine, tmp_path: Path) -> None:
    path = make_key(tmp_path / "id")
    write_context(exconn.folder, key_file=os.fspath(path))
    key = ssh_key_in(path)
    assert key is not None

    shown = exconn("--json", "requesters", "keys")

    assert shown.json["key"] == key.id
    assert shown.json["public"] == " ".join(path.with_suffix(".pub").read_text().split()[:2])
