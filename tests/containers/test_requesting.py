"""Another system that sends requests with a stock Celery client, from a container of its own."""

from tests.support.containers.engine import docker
from tests.support.containers.stack import Stack

#: Sends a request and waits until intake has taken it from the queue. Its URL names files where they are mounted here.
SEND = """
import time
from celery import Celery
url = open("/requesters/hr/broker-url").read().strip().replace("/run/access", "/requesters/hr")
app = Celery(broker=url)
app.send_task("exconn.requests.submit", ("{}",), queue="exconn.requests")
with app.connection_for_write() as connection:
    waiting = connection.default_channel.client
    deadline = time.monotonic() + 30
    while waiting.llen("exconn.requests") and time.monotonic() < deadline:
        time.sleep(0.1)
    print(waiting.llen("exconn.requests"))
"""


def test_a_requester_with_its_own_user_and_certificate_gets_through_to_intake(stack: Stack) -> None:
    place = ("--network", f"{stack.project}_intake", "--volume", f"{stack.project}_access-requesters:/requesters:ro")

    left = docker("run", "--rm", *place, "--entrypoint", "python", stack.environment["EXCONN_IMAGE"], "-c", SEND)

    assert left.splitlines()[-1] == "0"
