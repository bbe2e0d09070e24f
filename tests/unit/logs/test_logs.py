"""One event is one line, with its fields, without secrets and without control characters."""

import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest
import structlog

from exconn import logs


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level, structlog.get_config())
    shown = warnings.showwarning
    yield
    root.handlers[:], level, config = before[0], before[1], before[2]
    root.setLevel(level)
    structlog.configure(**config)
    logging.captureWarnings(capture=False)
    warnings.showwarning = shown


@pytest.fixture
def sink() -> io.StringIO:
    return io.StringIO()


def read(sink: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in sink.getvalue().splitlines()]


def test_event_carries_service_level_time_and_bound_fields(sink: io.StringIO) -> None:
    logs.configure("actions", json=True, sink=sink)
    logger = logs.get_logger("exconn.actions")

    with logs.bind(job="wipe-abc", connector="contoso"):
        logger.info("job settled", outcome="succeeded")
    logger.info("idle")

    settled, idle = read(sink)
    assert settled["service"] == "actions"
    assert settled["level"] == "info"
    assert str(settled["timestamp"]).endswith("Z")
    assert (settled["event"], settled["job"], settled["connector"]) == ("job settled", "wipe-abc", "contoso")
    assert "job" not in idle


@pytest.mark.parametrize("as_json", [True, False])
def test_hostile_text_stays_one_line_and_moves_nothing(sink: io.StringIO, as_json: bool) -> None:
    logs.configure("monitor", json=as_json, sink=sink)
    hostile = "phone\n2026 error forged\x1b[31m\r\u202egnp.\u2028"

    logs.get_logger("x").warning(f"seen {hostile}", model=hostile, nested={hostile: [hostile]})

    text = sink.getvalue()
    assert len(text.splitlines()) == 1
    assert not any(character in text[:-1] for character in "\n\r\x1b\u202e\u2028")
    assert "\\u202egnp." in text


def test_secret_and_personal_fields_are_left_out_and_named(sink: io.StringIO) -> None:
    logs.configure("intake", json=True, sink=sink)

    logs.get_logger("x").info("request", imei="490154203237518", nested={"Password": "hunter2", "kind": "wipe"})

    assert "490154203237518" not in sink.getvalue()
    assert "hunter2" not in sink.getvalue()
    (event,) = read(sink)
    assert event["left_out"] == ["imei", "password"]
    assert event["nested"] == {"kind": "wipe"}


def test_lines_of_other_libraries_go_the_same_way(sink: io.StringIO) -> None:
    logs.configure("monitor", json=True, sink=sink)

    with logs.bind(job="sweep-abc"):
        logging.getLogger("uvicorn.error").warning("started on %s", "port\n80", extra={"token": "t0ken"})

    (event,) = read(sink)
    assert event["event"] == "started on port\\n80"
    assert event["job"] == "sweep-abc"
    assert "t0ken" not in sink.getvalue()


@pytest.mark.parametrize("name", ["pypsrp.wsman", "urllib3.connectionpool", "requests"])
def test_libraries_that_write_whole_messages_stay_above_debug(sink: io.StringIO, name: str) -> None:
    logs.configure("discovery", json=True, level="debug", sink=sink)

    logging.getLogger(name).debug("<s:Envelope>secret</s:Envelope>")
    logs.get_logger("exconn").debug("our own")

    assert [event["event"] for event in read(sink)] == ["our own"]


def test_lines_below_the_level_are_dropped(sink: io.StringIO) -> None:
    logs.configure("monitor", json=True, level="warning", sink=sink)

    logs.get_logger("x").info("quiet")
    logging.getLogger("y").info("quiet too")
    logs.get_logger("x").warning("loud")

    assert [event["event"] for event in read(sink)] == ["loud"]


def test_traceback_is_part_of_the_line(sink: io.StringIO) -> None:
    logs.configure("monitor", json=False, sink=sink)

    try:
        raise ValueError("broken\npipe")
    except ValueError:
        logs.get_logger("x").exception("step failed")

    (line,) = sink.getvalue().splitlines()
    assert "step failed" in line
    assert "ValueError: broken\\npipe" in line


def test_text_form_quotes_values_with_spaces(sink: io.StringIO) -> None:
    logs.configure("monitor", json=False, sink=sink)

    logs.get_logger("x").info("job settled", reason='paused by "ann"', tries=3)

    assert ' info monitor job settled reason="paused by \\"ann\\"" tries=3' in sink.getvalue()
