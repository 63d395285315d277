"""Chromium, found or, by root, installed from the distribution."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from local.packages import apt_install

PACKAGES = ["chromium-headless-shell", "fonts-dejavu-core"]
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
SILENT = (
    "--no-sandbox",  # it shows pages of 127.0.0.1 alone, and root may not have a sandbox
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Flags with which Chromium sends requests only to the server of the page."""


class NoChromium(Exception):
    """There is no Chromium and none can be had; the message says what to do."""


def chromium_to_test(cache: Path, log: Callable[[str], None]) -> str:
    """Return the path of Chromium; install it first if that is possible, once for all workers."""
    if found := _found():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / "chromium.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _found():
                apt_install(PACKAGES, log)
        if found := _found():
            return found
    raise NoChromium(
        "The tests of the dashboard need Chromium: install the package chromium, "
        "or run them as root on Debian or Ubuntu."
    )


@contextmanager
def chromium(cache: Path) -> Iterator[Browser]:
    """Lend one; while it is open, no other test of this process can run a loop."""
    path = chromium_to_test(cache, print)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SILENT)
        yield browser
        browser.close()


def _found() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)
