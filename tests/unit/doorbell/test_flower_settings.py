"""What Flower is told beside the broker's URL."""

import pytest

from exconn.doorbell.flower_settings import tls_of


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis://h:1/0", False),
        ("rediss://h:1/0", {"ssl_cert_reqs": "required"}),
        (
            "rediss://u:p@h:1/0?ssl_cert_reqs=none&ssl_ca_certs=/ca.crt&ssl_certfile=/tls.crt&ssl_keyfile=/tls.key",
            {
                "ssl_cert_reqs": "required",
                "ssl_ca_certs": "/ca.crt",
                "ssl_certfile": "/tls.crt",
                "ssl_keyfile": "/tls.key",
            },
        ),
    ],
)
def test_flower_gets_the_files_of_the_url_and_verifies_the_server_always(url: str, told: object) -> None:
    assert tls_of(url) == told
