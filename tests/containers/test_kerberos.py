"""What a worker's container can do of Kerberos, as it is built and started by default."""

import pytest

from tests.support.containers.stack import Stack

#: The service that is asked for where no DNS answers, and the settings behind it.
ASK = """
import gssapi, krb5
krb5.init_context()
host = gssapi.Name("HTTP@mail.corp.example", gssapi.NameType.hostbased_service)
print(host.canonicalize(gssapi.MechType.kerberos))
"""


@pytest.mark.parametrize("service", ["discovery", "policy", "actions"])
def test_a_worker_asks_for_the_name_in_the_definition_with_kerberos_as_it_is_shipped(
    stack: Stack, service: str
) -> None:
    container = stack.containers(service)[0]

    assert stack.inside(container, "python", "-c", ASK) == (0, "HTTP/mail.corp.example@")
    assert stack.inside(container, "sh", "-c", "echo $KRB5_CONFIG") == (0, "/exchange/krb5.conf:/etc/krb5.conf")
    assert "dns_canonicalize_hostname = fallback" in stack.inside(container, "cat", "/etc/krb5.conf")[1]


def test_no_container_has_a_compiler(stack: Stack) -> None:
    code, told = stack.inside(stack.containers("discovery")[0], "sh", "-c", "command -v gcc cc c++ ld")

    assert (code != 0, told) == (True, "")
