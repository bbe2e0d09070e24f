"""The queue between a pipeline and its client."""

import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

import pytest

from exconn.simulator.errors import PipelineStopped
from exconn.simulator.protocol.outbound import HIGH_WATER, OutboundQueue

ROOM = 10_000


def test_nothing_in_time_is_none() -> None:
    begin = time.monotonic()
    assert OutboundQueue().take(ROOM, 0.1) is None
    assert time.monotonic() - begin >= 0.1


def test_done_comes_with_the_last_fragments_and_not_before() -> None:
    queue = OutboundQueue()
    queue.put(["a" * 6000, "b" * 6000])
    queue.finish(["c"])
    first, second = queue.take(ROOM, 1), queue.take(ROOM, 1)
    assert first is not None
    assert second is not None
    assert ([s[0] for s in first.streams], first.done) == (["a"], False)
    assert ([s[0] for s in second.streams], second.done) == (["b", "c"], True)


def test_fragment_larger_than_the_room_goes_alone() -> None:
    queue = OutboundQueue()
    queue.finish(["a" * 20_000, "b"])
    first = queue.take(ROOM, 1)
    assert first is not None
    assert len(first.streams) == 1


def test_ended_batch_waits_for_the_next_receive() -> None:
    queue = OutboundQueue()
    queue.put(["a"])
    queue.end_batch()
    queue.put(["b"])
    taken = [queue.take(ROOM, 1), queue.take(ROOM, 1)]
    assert [t and t.streams for t in taken] == [["a"], ["b"]]


def test_pipeline_waits_while_its_client_is_far_behind() -> None:
    queue = OutboundQueue()
    queue.put(["x" * (HIGH_WATER + 1)])
    with ThreadPoolExecutor(1) as threads:
        more = threads.submit(queue.put, ["y"])
        with pytest.raises(NotYet):
            more.result(timeout=0.1)
        queue.take(ROOM, 1)
        more.result(timeout=5)


def test_close_releases_both_sides() -> None:
    full, empty = OutboundQueue(), OutboundQueue()
    full.put(["x" * (HIGH_WATER + 1)])
    with ThreadPoolExecutor(2) as threads:
        writing, reading = threads.submit(full.put, ["y"]), threads.submit(empty.take, ROOM, 30)
        full.close()
        empty.close()
        with pytest.raises(PipelineStopped):
            writing.result(timeout=5)
        delivery = reading.result(timeout=5)
    assert delivery is not None
    assert delivery.gone


def test_stream_is_gathered_into_large_answers() -> None:
    queue = OutboundQueue()

    def write() -> None:
        for _ in range(200):
            queue.put(["x" * 40])
        queue.finish(["end"])

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        answers = 0
        done = False
        while not done:
            delivery = queue.take(100_000, 5)
            assert delivery is not None
            answers, done = answers + 1, delivery.done
        writing.result(timeout=5)
    assert answers <= 5
