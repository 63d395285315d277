"""The routes of the page."""

import gzip
import re

import pytest

from mare_gateway.app import create_app
from mare_gateway.settings import Settings
from mare_nameko.client import CallTimedOut, RemoteError, ServiceUnavailable
from tests.fakes.suggestions import HOSTILE, JOB_ID, job, not_found, place, report, suggestion
from tests.unit.gateway.fake_rpc import FakeRpc


@pytest.fixture
def rpc():
    return FakeRpc({"playlists.suggest": suggestion()})


@pytest.fixture
def client(rpc):
    return create_app(Settings.from_env({}), rpc).test_client()


def test_the_start_page_calls_no_service(client, rpc):
    response = client.get("/")

    assert response.status_code == 200
    assert "What does your sky sound like?" in response.text
    assert rpc.calls == []


@pytest.mark.parametrize(
    ("query", "accepted", "lang"),
    [("", "pt-BR,en;q=0.5", "pt-BR"), ("?lang=en", "pt", "en"), ("?lang=xx", "pt", "pt-BR"),
     ("", "de", "en")],
)  # fmt: skip
def test_the_language_is_chosen_or_preferred(client, query, accepted, lang):
    response = client.get(f"/{query}", headers={"Accept-Language": accepted})

    assert f'<html lang="{lang}">' in response.text
    assert response.headers["Vary"] == "Accept-Language"
    assert response.headers["Content-Language"] == lang[:2]


def test_a_city_is_answered_without_a_script(client, rpc):
    response = client.get("/?city=Recife&seed=3&units=imperial&lang=pt")

    (call,) = rpc.calls
    assert call.target == "playlists.suggest"
    wanted = {"city": "Recife", "seed": "3", "units": "imperial", "lang": "pt"}
    assert wanted.items() <= call.request.items()
    assert "Alagados" in response.text
    assert "<title>Recife: 28°, feel-good pop · Maré</title>" in response.text


def test_coordinates_are_answered_too(client, rpc):
    client.get("/?lat=-8.05&lon=-34.9&fbclid=abc")

    assert (rpc.calls[0].request["latitude"], rpc.calls[0].request["longitude"]) == (-8.05, -34.9)


@pytest.mark.parametrize("query", ["lat=900&lon=0", "lat=1", "city=" + "x" * 300, "city=%00"])
def test_what_is_no_place_is_explained(client, rpc, query):
    rpc.answers["playlists.suggest"] = RemoteError("InvalidRequest", ("lat needs lon", {}))

    response = client.get(f"/?{query}")

    assert response.status_code == 400
    assert response.mimetype == "text/html"
    assert "This is not a place that Maré can read" in response.text


def test_an_unknown_city_is_answered_with_suggestions(client, rpc):
    rpc.answers["playlists.suggest"] = not_found("Recif", "Recife")

    response = client.get("/?city=Recif")

    assert response.status_code == 404
    assert 'href="/?city=Recife%2C+Pernambuco%2C+BR"' in response.text
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (ServiceUnavailable("x"), 503, "Maré is out with the tide"),
        (CallTimedOut("x"), 504, "Maré is out with the tide"),
        (RemoteError("SourceLimited", ("x", {"retry_after": 90})), 503, "no weather or no music"),
        (RuntimeError("a secret"), 500, "Something went wrong"),
    ],
)
def test_a_failure_is_a_page_that_offers_to_try_again(client, rpc, error, status, sentence):
    rpc.answers["playlists.suggest"] = error

    response = client.get("/?city=Recife")

    assert response.status_code == status
    assert response.mimetype == "text/html"
    assert sentence in response.text
    assert "secret" not in response.text
    assert 'href="/?city=Recife" data-ask' in response.text


def test_a_failure_names_when_to_retry(client, rpc):
    rpc.answers["playlists.suggest"] = RemoteError("SourceLimited", ("x", {"retry_after": 90}))

    assert client.get("/?city=Recife").headers["Retry-After"] == "90"


def test_too_many_questions_are_a_page_too(rpc):
    client = create_app(Settings.from_env({"GATEWAY_RATE_LIMIT": "2/hour"}), rpc).test_client()
    client.get("/")
    client.get("/")

    response = client.get("/?city=Recife")

    assert response.status_code == 429
    assert "Too many people are asking at once" in response.text
    assert int(response.headers["Retry-After"]) > 0
    assert rpc.calls == []


@pytest.mark.parametrize(
    ("scopes", "path"), [("jobs", "/?city=Recife"), ("read", f"/answers/{JOB_ID}")]
)
def test_a_gateway_that_requires_keys_reports_it(rpc, tmp_path, scopes, path):
    keys = tmp_path / "keys"
    keys.write_text("[]")
    environ = {"GATEWAY_KEYS_FILE": str(keys), "GATEWAY_ANONYMOUS_SCOPES": scopes}
    client = create_app(Settings.from_env(environ), rpc).test_client()

    response = client.get(path)

    assert response.status_code == 401
    assert "This Maré asks for a key" in response.text
    assert client.get("/").status_code == 200
    assert rpc.calls == []


def test_texts_of_upstreams_are_escaped(client, rpc):
    document = suggestion()
    document["place"]["name"] = document["playlist"]["name"] = document["mood"]["name"] = HOSTILE
    document["weather"]["condition"] = document["attribution"][0] = HOSTILE
    document["playlist"]["tracks"][0] |= {"title": HOSTILE, "artists": [HOSTILE]}
    document["playlist"]["tracks"][1]["url"] = "javascript:alert(1)"
    rpc.answers["playlists.suggest"] = document

    html = client.get("/", query_string={"city": HOSTILE, "seed": '"><script>'}).text

    assert "<script>document" not in html
    assert "<img" not in html
    assert "javascript:" not in html
    assert html.count("<script") == 2
    assert "&lt;script&gt;" in html


def test_the_page_allows_nothing_inline_and_nothing_foreign(client):
    response = client.get("/?city=Recife")

    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert re.findall(r"https://[\w.]+", policy) == [
        "https://open.spotify.com",
        "https://widget.deezer.com",
    ]
    assert re.search(r"\s(?:style|on\w+)=", response.text) is None
    assert "<style" not in response.text
    assert set(re.findall(r"<script([^>]*)>", response.text)) >= {
        ' type="application/json" id="texts"'
    }


def test_static_files_may_be_cached_for_ever_under_their_version(client):
    html = client.get("/").text
    paths = re.findall(r'(?:href|src)="(/page/[^"]+)"', html)

    assert len(paths) == 3
    for path in paths:
        response = client.get(path)
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"]
    older = client.get(re.sub("/page/[^/]+/", "/page/000000000000/", paths[-1]))
    assert (older.status_code, older.headers["Cache-Control"]) == (200, "no-store")


def test_static_files_are_compressed_for_clients_that_can_read_it(client):
    path = re.findall(r'href="(/page/[^"]+css)"', client.get("/").text)[0]
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": "br, gzip"})

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("name", ["nothing.css", "..%2Froutes.py", "__init__.py"])
def test_other_files_are_not_served(client, name):
    assert client.get(f"/page/0/{name}").status_code == 404


def test_the_answer_of_a_job_is_a_fragment(client, rpc):
    rpc.answers["jobs.get"] = job(
        "partial", weather=report("rain"), created_at="2100-01-01T00:00:00Z"
    )

    response = client.get(f"/answers/{JOB_ID}?lang=pt")

    assert response.text.startswith('<div id="answer"')
    assert 'data-state="partial"' in response.text
    assert 'data-sky="rain"' in response.text
    assert "Escolhendo as músicas…" in response.text
    assert response.headers["Cache-Control"] == "private, no-store"


def test_a_job_of_an_unknown_place_is_answered_with_similar_ones(client, rpc):
    rpc.answers["jobs.get"] = job(
        "failed",
        request={"city": "Recif", "lang": "en"},
        failure={"type": "PlaceNotFound", "detail": "No place."},
    )
    rpc.answers["weather.search"] = {"places": [place("Recife")]}

    html = client.get(f"/answers/{JOB_ID}").text

    assert "“Recif” is not on our map" in html
    assert 'href="/?city=Recife%2C+Pernambuco%2C+BR"' in html


def test_a_job_of_an_unknown_place_is_explained_without_the_weather_service(client, rpc):
    failure = {"type": "PlaceNotFound", "detail": "No place."}
    rpc.answers["jobs.get"] = job("failed", failure=failure)
    rpc.answers["weather.search"] = ServiceUnavailable("x")

    response = client.get(f"/answers/{JOB_ID}")

    assert response.status_code == 200
    assert "Check the spelling" in response.text


@pytest.mark.parametrize("job_id", ["x", JOB_ID.upper(), "0" * 36])
def test_an_id_that_is_none_is_not_looked_up(client, rpc, job_id):
    response = client.get(f"/answers/{job_id}")

    assert response.status_code == 404
    assert "no longer stored" in response.text
    assert rpc.calls == []


def test_the_pages_that_crawlers_index_have_a_description(client):
    html = client.get("/?city=Recife").text

    assert '<meta property="og:title" content="Recife: 28°, feel-good pop">' in html
    assert "A playlist for the weather in Recife right now: clear, 28°." in html
