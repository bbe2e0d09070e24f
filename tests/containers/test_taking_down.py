"""The end of a deployment: processes end by themselves, and nothing is left. Runs last: files run by name."""

from tests.support.containers.engine import docker, left_of
from tests.support.containers.stack import DATABASE, SERVERS, SERVICES, Stack


def test_every_process_ends_by_itself_when_told_to(stack: Stack) -> None:
    every = (*SERVICES, *SERVERS, DATABASE, "simulator")
    containers = [container for name in every for container in stack.containers(name)]

    stack.compose("stop")

    lines = docker("inspect", "--format", "{{.Name}} {{.State.ExitCode}}", *containers).splitlines()
    assert [line for line in lines if line.split()[1] != "0"] == []


def test_taking_everything_down_leaves_nothing(stack: Stack) -> None:
    stack.down()

    assert left_of(stack.project) == []
