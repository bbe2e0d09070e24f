"""Results that are kept between lists: the same bytes as made anew, and gone with the first change."""

import base64
from datetime import timedelta
from uuid import UUID

import pytest

from exconn.simulator.organization.administration import upgrade
from exconn.simulator.organization.world import Stage
from exconn.simulator.phones.admission import changes_by_orders_only
from exconn.simulator.protocol.fragments import Frame, fragment_texts, message_bytes
from exconn.simulator.protocol.pipeline import Framing, Pipeline
from exconn.simulator.protocol.prepared import ChangeLock, Kept, Prepared

POOL, PIPELINE = UUID(int=5), UUID(int=6)


@pytest.mark.parametrize("text", ["<S>abc</S>", "<S>ab</S>", "<S>a</S>", "<S>iPhone§1</S>", "§§"])
def test_prepared_text_is_framed_to_the_same_bytes(text: str) -> None:
    halves = Frame(POOL, PIPELINE, 32768).halves(9, 0x41004, Prepared(text))
    (whole,) = fragment_texts(9, message_bytes(0x41004, POOL, PIPELINE, text), 32768)
    assert base64.b64decode(b"".join(halves)) == base64.b64decode(whole)
    assert b"".join(halves).decode() == whole


def test_text_that_needs_two_fragments_gets_them() -> None:
    pipeline = Pipeline("c", PIPELINE, Framing(POOL, 200))
    pipeline.outputs([Prepared("<S>short</S>"), Prepared(f"<S>{'x' * 400}</S>"), Prepared("<S>last</S>")])
    pipeline.queue.finish()
    delivery = pipeline.queue.take(100_000, 1)
    assert delivery is not None
    assert [isinstance(f, str) for f in delivery.streams] == [False, True, True, True, False]


def test_what_was_said_comes_in_that_order() -> None:
    pipeline = Pipeline("c", PIPELINE, Framing(POOL, 32768))
    pipeline.outputs([Prepared("<S>1</S>"), Prepared("<S>2</S>")])
    pipeline.warning("3")
    pipeline.outputs([Prepared("<S>4</S>")])
    pipeline.queue.finish()
    delivery = pipeline.queue.take(100_000, 1)
    assert delivery is not None
    joined = [base64.b64decode(f if isinstance(f, str) else b"".join(f)) for f in delivery.streams]
    assert [data[7] for data in joined] == [1, 2, 3, 4]
    assert b"<S>4</S>" in joined[3]


def test_result_is_kept_until_somebody_held_the_lock() -> None:
    lock = ChangeLock()
    kept, made = Kept(lock), []

    def make() -> tuple[str, bool]:
        made.append(1)
        return f"<S>{len(made)}</S>", True

    assert [kept.get(1, make), kept.get(1, make)] == ["<S>1</S>"] * 2
    with lock:
        pass
    assert kept.get(1, make) == "<S>2</S>"


def test_result_that_is_made_during_a_change_is_not_kept() -> None:
    lock = ChangeLock()
    kept = Kept(lock)
    with lock:
        kept.get(1, lambda: ("<S>half changed</S>", True))
    assert kept.get(1, lambda: ("<S>changed</S>", True)) == "<S>changed</S>"

    def changes_meanwhile() -> tuple[str, bool]:
        with lock:
            return "<S>before</S>", True

    kept.get(2, changes_meanwhile)
    assert kept.get(2, lambda: ("<S>after</S>", True)) == "<S>after</S>"


def test_no_more_is_kept_than_may_be() -> None:
    kept = Kept(ChangeLock(), most=100)
    texts = [kept.get(n, lambda: ("<S>0123456789</S>", True)) for n in range(50)]
    assert 0 < sum(isinstance(t, Prepared) for t in texts) < 10


def test_what_changes_with_the_clock_is_not_kept() -> None:
    stage = Stage(10, 7, timedelta(hours=1))
    world = stage.world
    try:
        added = world.phones.add(1)
        assert changes_by_orders_only(world, world.organization.device(0))
        assert not changes_by_orders_only(world, world.organization.device(added))
        upgrade(world, 0)
        assert not changes_by_orders_only(world, world.organization.device(0))
    finally:
        world.phones.stop()
