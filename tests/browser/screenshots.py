"""Takes the README's pictures of the demo: Home, and a draft that waits, as its people see them.

`make screenshots` runs this and writes them over those in hub/docs/images.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM

IMAGES = Path(__file__).resolve().parents[2] / "hub" / "docs" / "images"
PORT = 18_099
#: File, who looks, where, and what is on the page once it is there.
PICTURES = (
    ("home.png", "Jonas Weber", "/", "Here is the tool"),
    ("review.png", "Inês Duarte", "/reviews", "Reviews"),
)
SECONDS = 90


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "hub", "demo", "--home", home, "--port", str(PORT)]
        quiet = {**os.environ, "COLUMNS": "100"}
        demo = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=quiet)
        try:
            _wait(demo)
            with sync_playwright() as play:
                chromium = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                for file, who, path, says in PICTURES:
                    _take(chromium, file, who, path, says)
                chromium.close()
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)


def _wait(demo: subprocess.Popen[bytes]) -> None:
    """Until the demo has told its stories: it answers, and the last of its runs is there."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and demo.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz", timeout=2):
                break
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    else:
        raise SystemExit("The demo does not answer.")


def _take(chromium: Browser, file: str, who: str, path: str, says: str) -> None:
    context = chromium.new_context(
        viewport={"width": 1200, "height": 820},
        color_scheme="light",
        base_url=f"http://127.0.0.1:{PORT}",
        device_scale_factor=1,
    )
    page: Page = context.new_page()
    page.goto("/sign-in")
    page.get_by_role("button", name=who).click()
    page.goto(path)
    page.get_by_text(says).first.wait_for()
    if path == "/reviews":
        page.locator("a[href^='/reviews/']").first.click()
        page.get_by_role("button", name="Approve").first.wait_for()
    page.screenshot(path=IMAGES / file)
    context.close()
    print(f"hub/docs/images/{file}")  # noqa: T201


if __name__ == "__main__":
    main()
