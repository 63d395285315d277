"""Which requests are served, and with which headers."""

import aiohttp
import pytest

from tests.integration.operator_dashboard.visiting import have, visit

PATHS = ["/", "/api/state", "/api/objects/shop/busy", "/page/app.js", "/nowhere"]


def answers(*requests, **settings):
    """Return status, headers and text of the response to each (method, path, headers)."""
    found = []

    async def timeline(visitor):
        have(visitor.world, "busy", ready=95, replicas=10)
        await visitor.world.tick()
        for method, path, headers in requests:
            async with visitor.session.request(
                method, path, headers=headers, allow_redirects=False
            ) as answer:
                found.append((answer.status, answer.headers, await answer.text()))

    visit(timeline, **settings)
    return found


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_only_reads_are_served(method):
    for status, headers, _ in answers(*((method, path, {}) for path in PATHS)):
        assert status == 405
        assert headers["Allow"] == "GET, HEAD"
        assert "Access-Control-Allow-Origin" not in headers


def test_head_is_a_read():
    [(status, headers, text)] = answers(("HEAD", "/api/state", {}))
    assert (status, text) == (200, "")
    assert headers["Content-Type"].startswith("application/json")


def test_every_response_has_the_security_headers():
    for _, headers, _ in answers(*(("GET", path, {}) for path in PATHS)):
        assert headers["Content-Security-Policy"].startswith("default-src 'self'; frame-ancestors")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] in {"no-store", "no-cache"}
        assert "aiohttp" not in headers["Server"]
        assert not [name for name in headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8081", 200),
        ("app.localhost", 200),
        ("127.0.0.1", 200),
        ("[::1]:8081", 200),
        ("mare.example:8081", 200),
        ("evil.example", 421),
        ("mare.example.evil.example", 421),
        ("localhost.evil.example", 421),
        ("", 421),
    ],
)
def test_only_allowed_host_names_are_served(host, status):
    request = ("GET", "/api/state", {"Host": host})
    [(found, _, _)] = answers(request, hosts=["mare.example"])
    assert found == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost:8081"}, 200),
        ({"Origin": "https://localhost:8081"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost:9999"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
    ],
)
def test_requests_of_other_sites_are_refused(headers, status):
    request = ("GET", "/api/state", {"Host": "localhost:8081", **headers})
    assert answers(request)[0][0] == status


def test_everything_is_served_below_the_prefix():
    paths = ["/mare/", "/mare/api/state", "/mare/page/app.js", "/", "/api/state"]
    found = answers(*(("GET", path, {}) for path in [*paths, "/mare"]), prefix="/mare")
    assert [status for status, _, _ in found] == [200, 200, 200, 404, 404, 308]
    assert found[-1][1]["Location"] == "/mare/"


@pytest.mark.parametrize(
    "path", ["/page/../server.py", "/page/%2e%2e/server.py", "/page/", "/page/x.py", "//etc/passwd"]
)
def test_only_files_of_the_page_are_served(path):
    found = []

    async def timeline(visitor):
        url = f"http://127.0.0.1:{visitor.port}{path}"
        async with visitor.session.get(aiohttp.client.URL(url, encoded=True)) as answer:
            found.append(answer.status)

    visit(timeline)
    assert found == [404]


def test_a_known_file_is_not_sent_again():
    [(_, headers, _)] = answers(("GET", "/page/app.js", {}))
    [(status, _, text)] = answers(("GET", "/page/app.js", {"If-None-Match": headers["ETag"]}))
    assert (status, text) == (304, "")


def test_a_large_request_is_refused():
    [(status, _, _)] = answers(("GET", "/api/state", {"X-Long": "x" * 20_000}))
    assert status == 400
