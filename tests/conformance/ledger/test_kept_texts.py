"""The ledger's library keeps what it has read of texts that come again and again, and never much memory."""

from importlib.resources import files

import pytest
import redis

LAYOUT = "return { layout_of(ARGV[1]).texts[1], layout_of(ARGV[1]).texts[1], layouts_known }"
LIMITS = "return { limits_of(ARGV[1]).share, limits_of(ARGV[1]).share, limits_known }"


def asked(client: redis.Redis, text: str, question: str) -> object:
    """What the shared parts of the library answer to a question within them."""
    scripts = files("exconn.ledger") / "scripts"
    shared = [(scripts / name).read_text(encoding="utf-8") for name in ("parameters.lua", "brakes.lua")]
    return client.eval("\n".join((*shared, question)), 0, text)


@pytest.mark.parametrize(("longer_by", "kept"), [(0, 1), (5000, 0)], ids=["short", "long"])
def test_a_long_text_is_read_and_not_kept(redis_client: redis.Redis, longer_by: int, kept: int) -> None:
    names, limits = "job" + " more" * (longer_by // 5) + ";;", '{"share": 7' + " " * longer_by + "}"

    assert asked(redis_client, names, LAYOUT) == ["job", "job", kept]
    assert asked(redis_client, limits, LIMITS) == [7, 7, kept]
