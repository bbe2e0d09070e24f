"""Time spans as .NET writes them: `[-][d.]hh:mm:ss[.fffffff]` in texts, ISO 8601 durations in CLIXML."""

import re
from datetime import timedelta

_CLOCK = re.compile(r"(-?)(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,7}))?")
_DURATION = re.compile(
    r"(-?)P(?:(\d{1,8})D)?(?:T(?:(\d{1,10})H)?(?:(\d{1,10})M)?(?:(\d{1,10})(?:\.(\d{1,7}))?S)?)?", re.ASCII
)


def _span(match: re.Match[str]) -> timedelta:
    sign, days, hours, minutes, seconds, fraction = match.groups()
    span = timedelta(
        days=int(days or 0),
        hours=int(hours or 0),
        minutes=int(minutes or 0),
        seconds=int(seconds or 0),
        microseconds=int((fraction or "").ljust(7, "0")[:6] or 0),
    )
    return -span if sign else span


def parse_timespan(text: str) -> timedelta:
    """`15.00:00:00` and the like; ValueError for anything else."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise ValueError("not a time span")
    return _span(match)


def parse_duration(text: str) -> timedelta:
    """`P1DT2H` and the like; ValueError for anything else."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or text.strip() in ("P", "-P"):
        raise ValueError("not a duration")
    return _span(match)


def format_timespan(span: timedelta) -> str:
    """As Exchange's parameters take it, in whole seconds."""
    total = int(span.total_seconds())
    sign, total = ("-", -total) if total < 0 else ("", total)
    days, rest = divmod(total, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    return (
        f"{sign}{days}.{hours:02}:{minutes:02}:{seconds:02}" if days else f"{sign}{hours:02}:{minutes:02}:{seconds:02}"
    )
