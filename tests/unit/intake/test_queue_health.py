"""What intake says of the queue of requests."""

from datetime import timedelta

from exconn.intake.queue_health import QueueHealth


def test_a_door_is_given_time_to_hear_its_first_canary() -> None:
    assert QueueHealth(timedelta(minutes=1)).problem() == ""


def test_a_door_that_hears_nothing_is_said_to_be_deaf() -> None:
    assert QueueHealth(timedelta(0)).problem() == "nothing came from the queue of requests for 0 s"
