"""A link to a page shows the weather of its place where it is shared."""

import re
from itertools import product
from typing import get_args

import pytest

from mare_gateway.app import create_app
from mare_gateway.page.sky import Sky, TimeOfDay
from mare_gateway.settings import Settings
from tests.fakes.suggestions import suggestion
from tests.unit.gateway.fake_rpc import FakeRpc


def client_of(weather="clear", **environ):
    rpc = FakeRpc({"playlists.suggest": suggestion(weather, is_day=False)})
    return create_app(Settings.from_env(environ), rpc).test_client()


def picture(html):
    (address,) = re.findall(r'<meta property="og:image" content="([^"]*)">', html)
    return address


@pytest.mark.parametrize("weather", ["rain", "snow"])
def test_the_picture_has_the_weather_and_the_time_of_day(weather):
    client = client_of(weather)
    address = picture(client.get("/?city=Recife").text)

    assert re.fullmatch(rf"http://localhost/page/\w+/preview-{weather}-(dusk|night)\.jpg", address)
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.data.startswith(b"\xff\xd8\xff")
    assert "Content-Encoding" not in answer.headers


def test_the_start_page_and_problems_have_a_picture_too():
    client = client_of()

    for query in ("", "?lat=900&lon=0"):
        assert picture(client.get(f"/{query}").text).endswith("/preview-clear-dusk.jpg")


def test_there_is_a_picture_for_each_sky_and_time_below_100_kb():
    client = client_of()
    folder = picture(client.get("/").text).rpartition("/")[0]

    for sky, time in product(get_args(Sky), get_args(TimeOfDay)):
        answer = client.get(f"{folder}/preview-{sky}-{time}.jpg")
        assert answer.status_code == 200, (sky, time)
        assert len(answer.data) < 100_000


@pytest.mark.parametrize(("proxies", "scheme"), [("0", "http"), ("1", "https")])
def test_the_scheme_is_that_of_a_trusted_proxy(proxies, scheme):
    client = client_of(GATEWAY_TRUSTED_PROXIES=proxies)
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}

    assert picture(client.get("/", headers=headers).text).startswith(f"{scheme}://localhost/")
