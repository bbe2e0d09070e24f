"""The pages in a real browser: readable wide and narrow, light and dark, unharmed by what devices call themselves."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.support.streams.status import guid_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

OpenPage = Callable[..., "Page"]
HOSTILE_DEVICE = f"/devices/{guid_of(11)}"
PAGES = [
    "/",
    "/devices",
    f"/devices/{guid_of(3)}",
    HOSTILE_DEVICE,
    "/jobs",
    "/jobs/wipe-cccccccccccccccc",
    "/jobs/sweep-aaaaaaaaaaaaaaaa",
    "/messages",
]

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: The contrast of every visible text with what is behind it, by the WCAG formula; the lowest few.
_CONTRASTS = """
() => {
  const channel = c => { c /= 255; return c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4 };
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const colour = text => text.match(/[\\d.]+/g).map(Number);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const found = colour(getComputedStyle(e).backgroundColor);
      if (found.length < 4 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const element of document.querySelectorAll('main *, footer *')) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.offsetParent) continue;
    const a = light(colour(getComputedStyle(element).color)), b = light(behind(element));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) low.push(`${ratio.toFixed(2)} ${element.className} ${element.textContent.trim().slice(0, 40)}`);
  }
  return low;
}
"""


@pytest.mark.parametrize("path", PAGES)
def test_page_never_scrolls_sideways(open_page: OpenPage, path: str) -> None:
    page = open_page(path)

    for width in (1280, 720, 400, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(_OVERFLOW) <= 0, width
        assert page.locator("h1").is_visible()


@pytest.mark.parametrize("path", PAGES)
def test_every_text_can_be_read_in_both_schemes(open_page: OpenPage, path: str) -> None:
    page = open_page(path)

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(_CONTRASTS) == [], scheme


def test_dark_scheme_is_dark(open_page: OpenPage) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"

    assert open_page("/", scheme="light").evaluate(colour) == "rgb(245, 246, 248)"
    assert open_page("/", scheme="dark").evaluate(colour) == "rgb(16, 20, 27)"


def test_search_finds_a_device_and_leads_to_its_action(open_page: OpenPage) -> None:
    page = open_page("/devices")

    page.get_by_label("Search").fill("carla2_")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="carla2_WindowsOutlook15").click()
    page.get_by_role("link", name="wipe-cccccccccccccccc").first.click()

    assert page.locator("h1").inner_text().startswith("wipe-cccccccccccccccc")
    assert page.locator(".steps .present strong").inner_text() == "sent"


def test_list_is_filtered_and_paged_with_the_filter_kept(open_page: OpenPage) -> None:
    page = open_page("/devices?state=Allowed")
    first = page.locator("tbody tr td a").first.inner_text()

    page.get_by_role("link", name="Next 50").click()

    assert page.locator("tbody tr td a").first.inner_text() != first
    assert page.get_by_label("Access").input_value() == "Allowed"
    assert set(page.locator("tbody td:nth-child(5)").all_inner_texts()) == {"Allowed"}


def test_hostile_name_is_shown_as_text_with_its_tricks_spelled_out(open_page: OpenPage) -> None:
    page = open_page(HOSTILE_DEVICE)

    heading = page.locator("h1 bdi").first.inner_text()

    assert heading == 'x</td><script>alert(1)</script>\\u202egnp.exe\\x1b[31m"onmouseover="x'
    assert page.locator("h1 .mark").first.get_attribute("title") == "U+202E: not shown as it is"
    assert page.locator("script").count() == 0


def test_script_that_gets_into_a_page_all_the_same_does_not_run(open_page: OpenPage, complaints: list[str]) -> None:
    page = open_page("/devices?q=nobody")
    page.route("**/devices?q=planted", _with_script)

    page.goto(page.url.replace("nobody", "planted"))

    assert page.locator("script").count() == 1
    assert page.title() == "Devices · exconn"
    assert "Content Security Policy" in complaints.pop()


def test_narrow_table_names_every_value(open_page: OpenPage) -> None:
    page = open_page("/devices", width=400)

    assert not page.locator("thead").is_visible() or page.locator("thead").bounding_box()["x"] < 0  # type: ignore[index]
    label = "getComputedStyle(document.querySelector('tbody td:nth-child(5)'), '::before').content"
    assert page.evaluate(label) == '"Access"'


def test_reloading_can_be_stopped_and_started(open_page: OpenPage) -> None:
    page = open_page("/jobs?kind=wipe")
    refresh = page.locator("meta[http-equiv=refresh]")
    assert refresh.count() == 1

    page.get_by_role("link", name="stop").click()
    assert refresh.count() == 0
    assert "kind=wipe" in page.url

    page.get_by_role("link", name="start").click()
    assert refresh.count() == 1


def test_keyboard_reaches_the_content_first(open_page: OpenPage) -> None:
    page = open_page("/")

    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.textContent") == "Skip to content"


def _with_script(route: object) -> None:
    response = route.fetch()  # type: ignore[attr-defined]
    body = response.text().replace("<main", "<script>document.title = 'taken over'</script><main")
    route.fulfill(response=response, body=body)  # type: ignore[attr-defined]
