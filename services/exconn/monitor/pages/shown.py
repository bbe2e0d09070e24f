"""How values look on a page. Text from devices is hostile: nothing in it may become markup or move other text."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from markupsafe import Markup, escape

from exconn.contracts import ACTION_KINDS, KINDS
from exconn.logs.escape import HARMFUL, escape_character, escaped

#: Longer texts are cut; the API has them whole.
MAX_SHOWN = 300
NOTHING = Markup('<span class="nothing">–</span>')

_STEPS = (
    (timedelta(days=2), timedelta(days=1), "d"),
    (timedelta(hours=2), timedelta(hours=1), "h"),
    (timedelta(minutes=2), timedelta(minutes=1), "min"),
)


def shown_text(value: object) -> Markup:
    """A value as isolated, escaped text; control characters and direction marks are spelled out."""
    if value is None or value == "":
        return NOTHING
    text = str(value)
    cut = len(text) > MAX_SHOWN
    return Markup("<bdi>{}{}</bdi>").format(_marked(text[:MAX_SHOWN]), "…" if cut else "")


def shown_with_code(value: str) -> Markup:
    """A sentence of ours in which commands stand between backticks."""
    texts = [shown_text(part) if part else Markup() for part in value.split("`")]
    return Markup().join(Markup("<code>{}</code>").format(text) if odd % 2 else text for odd, text in enumerate(texts))


def plain_text(value: object) -> str:
    """A value where no markup can be, such as the title of the window."""
    return escaped(str(value)[:MAX_SHOWN])


def _marked(text: str) -> Markup:
    parts: list[Markup] = []
    end = 0
    for found in HARMFUL.finditer(text):
        parts.append(escape(text[end : found.start()]))
        name = f"U+{ord(found[0]):04X}"
        parts.append(
            Markup('<span class="mark" title="{}: not shown as it is">{}</span>').format(
                name, escape_character(found[0])
            )
        )
        end = found.end()
    parts.append(escape(text[end:]))
    return Markup("").join(parts)


def shown_moment(value: datetime | None, now: datetime | None = None) -> Markup:
    """A moment as its age, with the full UTC time to hover and to copy."""
    if value is None:
        return NOTHING
    full = value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(value.isoformat(), full, age(value, now))


def shown_moment_in_full(value: datetime | None, now: datetime | None = None) -> Markup:
    """A moment as UTC time, followed by its age."""
    if value is None:
        return NOTHING
    full = value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return Markup('<time datetime="{}">{} <span class="age">{}</span></time>').format(
        value.isoformat(), full, age(value, now)
    )


def age(value: datetime, now: datetime | None = None) -> str:
    """How long ago, or how far ahead, in one unit."""
    passed = (now or datetime.now(UTC)) - value
    ahead = passed < timedelta(0)
    span = abs(passed)
    if span < timedelta(seconds=2):
        return "now"
    words = f"{int(span.total_seconds())} s"
    for least, unit, name in _STEPS:
        if span >= least:
            words = f"{span // unit} {name}"
            break
    return f"in {words}" if ahead else f"{words} ago"


def tone(word: str | None) -> str:
    """The colour class of a state, outcome, phase, access state or severity."""
    return _TONES.get((word or "").casefold(), "plain")


def _of_phases() -> Iterator[tuple[str, str]]:
    """An action is under way from its first phase on, and well at the end of its regular way."""
    for kind in ACTION_KINDS:
        life = KINDS[kind].life
        yield from ((phase.value, "busy") for phase in (life.first, *life.in_exchange))
        yield life.way[-1].value, "good"


_TONES = {
    **dict(_of_phases()),
    **dict.fromkeys(("succeeded", "allowed", "installed", "running", "active", "reachable", "alive"), "good"),
    **dict.fromkeys(
        ("held", "quarantined", "issuing", "paused", "w", "refused", "expired", "flagged", "standby"), "care"
    ),
    **dict.fromkeys(("failed", "blocked", "e", "undelivered", "gone", "unreachable", "failing", "silent"), "bad"),
    **dict.fromkeys(("queued", "claimed", "waiting", "i", "devicediscovery", "unreported"), "busy"),
}
