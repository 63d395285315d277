"""Pictures of the dashboard of ``make run`` under a load that rises and falls."""

import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from random import Random

from playwright.sync_api import Browser, FloatRect, expect

from mare.processes.tcp_ports import free_port
from tests.integration.dashboard.chromium import chromium

LOAD_SECONDS = 600.0
PERIOD_SECONDS = 250.0
"""Of the rise and fall of the load. The pictures are taken soon after a peak."""
CLIENTS = 24
_NOTHING_OUT = re.compile("/ 0$")
_PATIENCE_MS = 60_000
_SIZE = """[document.body.getBoundingClientRect().width,
  Math.max(...[...document.querySelectorAll(".card, .footer")]
    .filter((each) => each.textContent.trim())
    .map((each) => each.getBoundingClientRect().bottom))]"""
_MARGIN = 25
"""Pixels below the last card, as beside it."""


def dashboard(folder: Path) -> None:
    """Run everything under load and write ``dashboard-*.png`` to ``folder``."""
    port = free_port()
    environment = {**os.environ, "GATEWAY_PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, "-m", "local.run"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as system:
        try:
            address = _address(system)
            reading = threading.Thread(target=_drain, args=(system,), daemon=True)
            reading.start()
            stop = threading.Event()
            load = _load(f"http://127.0.0.1:{port}", stop)
            time.sleep(LOAD_SECONDS)
            with chromium(Path(".cache")) as browser:
                _take(browser, address, folder)
            stop.set()
            for client in load:
                client.join()
        finally:
            system.send_signal(signal.SIGINT)
            system.wait(60)


def _address(system: "subprocess.Popen[str]") -> str:
    """Return the address of the dashboard once it is printed."""
    assert system.stdout is not None
    for line in system.stdout:
        found = re.search(r"(http://\S+)\s+to see processes", line)
        if found:
            return found[1]
    raise SystemExit("The system did not start.")


def _drain(system: "subprocess.Popen[str]") -> None:
    assert system.stdout is not None
    for _ in system.stdout:
        pass


def _load(gateway: str, stop: threading.Event) -> list[threading.Thread]:
    """Start clients that request places no cache has; their number rises and falls."""
    start = time.monotonic()

    def client(index: int) -> None:
        random = Random(index)  # noqa: S311
        while not stop.is_set():
            if index >= _active(time.monotonic() - start):
                stop.wait(0.5)
                continue
            place = f"lat={random.uniform(-60, 60):.4f}&lon={random.uniform(-180, 180):.4f}"
            try:
                with urllib.request.urlopen(f"{gateway}/v1/playlists?{place}", timeout=10):  # noqa: S310
                    pass
            except OSError:
                stop.wait(0.2)

    threads = [
        threading.Thread(target=client, args=(each,), daemon=True) for each in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    return threads


def _active(elapsed: float) -> float:
    return CLIENTS * (1 - math.cos(2 * math.pi * elapsed / PERIOD_SECONDS)) / 2


def _take(browser: Browser, address: str, folder: Path) -> None:
    one = "&namespace=local&name=playlists"
    for name, query, size, scheme in (
        ("dashboard-list.png", "?lang=en", (1100, 560), "dark"),
        ("dashboard-object.png", f"?lang=en{one}", (1100, 1150), "light"),
        ("dashboard-object-dark.png", f"?lang=en{one}", (1100, 1150), "dark"),
        ("dashboard-phone.png", f"?lang=en{one}", (390, 1000), "light"),
        ("dashboard-phone-dark.png", f"?lang=en{one}", (390, 1000), "dark"),
        ("dashboard-narrow.png", f"?lang=pt{one}", (320, 1000), "light"),
    ):
        page = browser.new_page(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,  # type: ignore[arg-type]
            device_scale_factor=2,
        )
        page.goto(address + query)
        page.wait_for_timeout(5000)  # the charts are drawn again every second
        if one in query:  # a sample of a busy machine may have no acknowledgement
            rates = page.locator(".figure.rates [data-part=value]")
            expect(rates).not_to_have_text(_NOTHING_OUT, timeout=_PATIENCE_MS)
        # Without the space that is kept for a scroll bar.
        width, height = page.evaluate(_SIZE)
        clip = FloatRect(x=0, y=0, width=width, height=min(height + _MARGIN, size[1]))
        page.screenshot(path=folder / name, clip=clip)
        page.close()
