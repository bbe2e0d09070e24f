"""A real Chromium, and one monitor over one afternoon of messages and facts."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from exconn.keyspace import keys
from tests.support.machine.processes import ChildProcesses
from tests.support.machine.skip_or_fail import require
from tests.support.machine.valkey import RestartableValkey
from tests.support.streams.status import StreamWriter
from tests.support.streams.story import tell_story
from tests.support.system.monitor import RunningMonitor, start_monitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

CHROMIUM = Path("/usr/bin/chromium")
WIDE, NARROW = 1280, 400


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    require(find_spec("playwright") is not None, "playwright", "./run test installs it")
    require(CHROMIUM.exists(), "Chromium", "install the package chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def monitor(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningMonitor]:
    folder = tmp_path_factory.mktemp("monitor")
    processes = ChildProcesses(folder)
    with RestartableValkey(folder / "valkey") as server, closing(server.client()) as client:
        tell_story(StreamWriter(client))
        client.set(keys.switch("contoso"), "running")
        client.hset(keys.HEARTBEATS, "discovery/host/7", int(time.time() * 1000))
        try:
            running = start_monitor(processes, server.url, folder)
            running.wait_for("/v1/messages", "next", int(str(client.get(keys.SEQUENCE))))
            running.wait_for("/v1/sweeps", "sweeps.0.devices", 130)
            yield running
        finally:
            processes.end_all()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about in this test."""
    return []


def _failure(request: "Request") -> list[str]:
    """What failed; not the icon of a page that the test has left before it came."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"failed: {request.url} {request.failure}"]


@pytest.fixture
def open_page(browser: "Browser", monitor: RunningMonitor, complaints: list[str]) -> Iterator[Callable[..., "Page"]]:
    """Opens a path at a width and colour scheme; fails the test when the browser complains about anything."""
    contexts = []

    def open_path(path: str, *, width: int = WIDE, scheme: Literal["light", "dark"] = "light") -> "Page":
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.extend(_failure(request)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.goto(monitor.url + path)
        return page

    yield open_path
    for context in contexts:
        context.close()
    assert complaints == []
