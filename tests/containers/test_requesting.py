"""Another system that sends requests with a stock Celery client, from a container of its own."""

from datetime import timedelta

from tests.support.containers.engine import docker
from tests.support.containers.stack import Stack
from tests.support.machine.processes import wait_until

TAKEN_WITHIN = timedelta(minutes=2)
#: Its URL names files where they are mounted here.
CLIENT = """
from celery import Celery
url = open("/requesters/hr/broker-url").read().strip().replace("/run/access", "/requesters/hr")
app = Celery(broker=url)
"""
SEND = CLIENT + 'app.send_task("exconn.requests.submit", ("{}",), queue="exconn.requests")'
COUNT = (
    CLIENT
    + """
with app.connection_for_write() as connection:
    print(connection.default_channel.client.llen("exconn.requests"))
"""
)


def test_a_requester_with_its_own_user_and_certificate_gets_through_to_intake(stack: Stack) -> None:
    place = ("--network", f"{stack.project}_intake", "--volume", f"{stack.project}_access-requesters:/requesters:ro")

    def run(program: str) -> str:
        image = stack.environment["EXCONN_IMAGE"]
        return docker("run", "--rm", *place, "--entrypoint", "python", image, "-c", program)

    run(SEND)

    wait_until(lambda: run(COUNT).splitlines()[-1] == "0", TAKEN_WITHIN, "intake to take the request from the queue")
