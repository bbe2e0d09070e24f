"""Takes the picture that the README shows: the page of a wipe in a running demo.

1. `./run demo`, which prints the console's address, and in a second terminal, of 80 columns:
2. `./run exconn devices wipe hanna.berg_iPhone --reason stolen --yes --wait`, whose text the README has too
3. `.venv/bin/python docs/images/take.py http://127.0.0.1:8780/jobs/ACTION`

It needs Chromium; `./run test` installs the rest.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
PICTURE = Path(__file__).with_name("console-wipe.png")


def take(address: str) -> None:
    """Take the picture of the page at `address`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 800}, color_scheme="light")
        page.goto(address)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    take(sys.argv[1])
