"""How values look on a page."""

from datetime import UTC, datetime, timedelta

import pytest

from exconn.contracts import ACTION_KINDS, KINDS, Kind
from exconn.monitor.pages.shown import age, plain_text, shown_moment, shown_text, shown_with_code, tone

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("iPhone", "<bdi>iPhone</bdi>"),
        ("<b>&\"'", "<bdi>&lt;b&gt;&amp;&#34;&#39;</bdi>"),
        ("a\tb", '<bdi>a<span class="mark" title="U+0009: not shown as it is">\\t</span>b</bdi>'),
        ("\u202e", '<bdi><span class="mark" title="U+202E: not shown as it is">\\u202e</span></bdi>'),
        (0, "<bdi>0</bdi>"),
        (None, '<span class="nothing">–</span>'),
        ("", '<span class="nothing">–</span>'),
    ],
)
def test_text_is_escaped_isolated_and_spelled_out(text: object, shown: str) -> None:
    assert shown_text(text) == shown


def test_command_in_a_sentence_is_set_as_code_and_stays_escaped() -> None:
    assert shown_with_code("see `exconn <jobs> list`") == (
        "<bdi>see </bdi><code><bdi>exconn &lt;jobs&gt; list</bdi></code>"
    )


def test_endless_text_is_cut() -> None:
    assert shown_text("x" * 1000) == f"<bdi>{'x' * 300}…</bdi>"


def test_text_without_markup_has_its_tricks_spelled_out_too() -> None:
    assert plain_text("a\u202eb\x1b[m") == "a\\u202eb\\x1b[m"


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(0), "now"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(seconds=119), "119 s ago"),
        (timedelta(minutes=2), "2 min ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=2), "2 d ago"),
        (-timedelta(minutes=5), "in 5 min"),
    ],
)
def test_age_is_one_number_and_one_unit(passed: timedelta, words: str) -> None:
    assert age(NOW - passed, NOW) == words


def test_moment_carries_the_full_time_in_utc() -> None:
    text = shown_moment(datetime(2026, 11, 20, 14, 30, tzinfo=UTC) - timedelta(hours=3), NOW)

    assert 'title="2026-11-20 11:30:00 UTC"' in text


@pytest.mark.parametrize(
    ("word", "colour"),
    [("Held", "care"), ("failed", "bad"), ("succeeded", "good"), ("new word", "plain"), (None, "plain")],
)
def test_words_have_one_colour_wherever_they_stand(word: str | None, colour: str) -> None:
    assert tone(word) == colour


@pytest.mark.parametrize("kind", ACTION_KINDS)
def test_an_action_is_under_way_until_the_end_of_its_way_which_is_good(kind: Kind) -> None:
    first, *between, last = KINDS[kind].life.way

    assert (tone(first), tone(last)) == ("busy", "good")
    assert {tone(phase) for phase in between} <= {"busy", "care"}
