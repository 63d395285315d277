"""The dashboard and the page of the API in Chromium, on the cluster."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from local.cache import cache_folder
from tests.e2e.application import HOST, Application
from tests.integration.dashboard.chromium import chromium
from tests.load.closed_loop import Load
from tests.vhost import eventually

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]
SCREENSHOT = Path(".cache/cluster-dashboard.png")
"""The screenshot of the last run."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=60_000)
    with chromium(cache_folder()) as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="en")
    page.set_default_timeout(60_000)
    yield page
    page.close()


def test_the_dashboard_shows_a_load(application: Application, page: Page):
    def is_shown() -> bool:
        # The leader may change after its name was read.
        with suppress(AssertionError, Error, LookupError), _dashboard(application) as url:
            page.goto(f"{url}/?namespace={application.namespace}&name=mare-weather")
            expect(page.get_by_role("heading", level=1)).to_contain_text("mare-weather")
            expect(page.locator("svg").first).to_be_visible()
            # The chart is updated once a second; after 10 s it shows the new replicas.
            page.wait_for_timeout(10_000)
            page.screenshot(path=SCREENSHOT)
            return True
        return False

    with Load(application.anywhere, clients=16).running():
        eventually(lambda: application.ready("mare-weather") >= 3, seconds=180)
        eventually(is_shown, seconds=180)


def test_the_gateway_documents_its_api(application: Application, page: Page):
    port = urlsplit(application.cluster.ingress).port
    page.goto(f"http://{HOST}:{port}/docs")

    expect(page.get_by_text("/v1/playlists").first).to_be_visible()


@contextmanager
def _dashboard(application: Application) -> Iterator[str]:
    """Forward a port of this machine to the operator that holds the Lease.

    Raise IndexError if the holder does not run.
    """
    holder = application.kubectl(
        "get", "lease", "mare-operator", "--output=jsonpath={.spec.holderIdentity}"
    )
    leaders = [pod for pod in application.pods("operator") if holder.startswith(pod)]
    kubectl = application.cluster.kubectl
    forward = subprocess.Popen(
        [
            *(str(kubectl.program), f"--kubeconfig={kubectl.kubeconfig}", "port-forward"),
            *("-n", application.namespace, f"pod/{leaders[0]}", ":8081"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert forward.stdout is not None
        yield "http://" + forward.stdout.readline().split()[2]
    finally:
        forward.terminate()
        forward.wait()
        if forward.stdout:
            forward.stdout.close()
