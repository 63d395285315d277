"""Which parameters are understood, which are refused, and what the services are asked."""

import pytest

from mare_nameko.client import RemoteError


def bad(document):
    return [entry["parameter"] for entry in document.errors]


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ("lat=nan&lon=0", ["lat"]),
        ("lat=0&lon=inf", ["lon"]),
        ("lat=-inf&lon=NaN", ["lat", "lon"]),
        ("lat=1e400&lon=0", ["lat"]),
        ("lat=90.01&lon=0", ["lat"]),
        ("lat=-90.01&lon=0", ["lat"]),
        ("lat=0&lon=180.01", ["lon"]),
        ("lat=0&lon=-180.01", ["lon"]),
        ("lat=north&lon=", ["lat", "lon"]),
        ("lat=1_0&lon=0", ["lat"]),
        ("lat=%201&lon=%D9%A1", ["lat", "lon"]),
        ("city=Recife&limit=1_0", ["limit"]),
        ("city=", ["city"]),
        ("city=%20%20", ["city"]),
        ("city=" + "x" * 201, ["city"]),
        ("city=" + "x" * 10240, ["city"]),
        ("city=a%00b", ["city"]),
        ("city=a%0Ab", ["city"]),
        ("city=Recife&country=" + "x" * 201, ["country"]),
        ("city=Recife&limit=0", ["limit"]),
        ("city=Recife&limit=51", ["limit"]),
        ("city=Recife&limit=many", ["limit"]),
        ("city=Recife&limit=2.5", ["limit"]),
        ("city=Recife&lang=fr", ["lang"]),
        ("city=Recife&units=kelvin", ["units"]),
        ("city=Recife&market=BRA", ["market"]),
        ("city=Recife&market=1x", ["market"]),
        ("city=Recife&policy=loud", ["policy"]),
        ("city=Recife&seed=" + "x" * 101, ["seed"]),
        ("city=Recife&strict=perhaps", ["strict"]),
        ("city=Recife&explicit=2", ["explicit"]),
        ("city=Recife&cty=Olinda", ["cty"]),
        ("lat=x&limit=0&lang=fr&foo=1", ["lat", "lang", "limit", "foo"]),
        ("city=Recife&city=Olinda", ["city"]),
    ],
)
def test_every_bad_parameter_is_named(problem, rpc, query, parameters):
    refusal = problem(f"/v1/playlists?{query}")

    assert (refusal.status, refusal.code) == (400, "invalid_parameter")
    assert bad(refusal) == parameters
    assert all(entry["detail"].endswith(".") for entry in refusal.errors)
    assert rpc.calls == []


def test_the_services_report_contradicting_parameters(problem, rpc):
    errors = [{"parameter": "lon", "detail": "lat and lon need each other."}]
    rpc.answers["playlists.suggest"] = RemoteError(
        "InvalidRequest", ("lat and lon need each other.", {"errors": errors})
    )

    refusal = problem("/v1/playlists?lat=1")

    assert (refusal.status, refusal.code) == (400, "invalid_parameter")
    assert refusal.detail == "lat and lon need each other."
    assert refusal.errors == errors


@pytest.mark.parametrize(
    ("query", "parameters"),
    [("", ["q"]), ("q=", ["q"]), ("q=a&limit=99", ["limit"]), ("q=a&city=b", ["city"])],
)
def test_a_search_needs_a_beginning_and_nothing_else(problem, query, parameters):
    assert bad(problem(f"/v1/places?{query}")) == parameters


def test_weather_rejects_the_parameters_of_music(problem):
    refusal = problem("/v1/weather?city=Recife&limit=3")

    assert bad(refusal) == ["limit"]
    assert "city, country, state, lat, lon" in refusal.errors[0]["detail"]


def test_three_hundred_unknown_parameters_give_a_short_problem(problem):
    refusal = problem("/v1/playlists?" + "&".join(f"unknown{number}=1" for number in range(300)))

    assert len(refusal.errors) == 20
    assert len(refusal.response.data) < 5_000


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("lat=x&lon=0", "It must be a number."),
        ("lat=91&lon=0", "It must be at most 90."),
        ("lat=-91&lon=0", "It must be at least -90."),
        ("lat=inf&lon=0", "It must be a number."),
        ("city=", "It must not be empty."),
        ("city=" + "x" * 201, "It must have at most 200 characters."),
        ("city=" + "+" * 100 + "x" * 101, "It must have at most 200 characters."),
        ("city=a%00b", "It must not contain control characters."),
        ("city=a&limit=2.5", "It must be a whole number."),
        ("city=a&lang=fr", "It must be 'en' or 'pt'."),
        ("city=a&market=BRA", "It must be a country code of two letters, for example BR."),
        ("city=a&strict=perhaps", "It must be true or false."),
    ],
)
def test_each_invalid_parameter_has_a_sentence(problem, query, sentence):
    assert problem(f"/v1/playlists?{query}").errors[0]["detail"] == sentence


@pytest.mark.parametrize("latitude", [True, "1_0", "", [1], {}])
def test_a_body_has_numbers_as_numbers(client, latitude):
    response = client.post("/v1/playlists", json={"lat": latitude, "lon": 0})

    assert response.status_code == 400
    assert response.get_json()["errors"][0]["parameter"] == "lat"


def test_a_refusal_does_not_repeat_what_was_sent(problem):
    refusal = problem("/v1/playlists?lat=%3Cscript%3E&" + "z" * 500 + "=1")

    assert b"script" not in refusal.response.data
    assert len(refusal.response.data) < 1000


@pytest.mark.parametrize(
    ("query", "request_"),
    [
        (
            "city=Recife",
            {
                "city": "Recife",
                "lang": "en",
                "units": "metric",
                "strict": False,
                "limit": 20,
                "policy": "mood",
                "seed": "",
                "explicit": True,
            },
        ),
        (
            (
                "lat=-8.05&lon=-34.88&lang=pt-BR&units=imperial&market=br&limit=50"
                "&policy=ifood&seed=7&explicit=false"
            ),
            {
                "latitude": -8.05,
                "longitude": -34.88,
                "lang": "pt",
                "units": "imperial",
                "strict": False,
                "market": "BR",
                "limit": 50,
                "policy": "ifood",
                "seed": "7",
                "explicit": False,
            },
        ),
    ],
)
def test_a_good_query_is_the_services_request(client, rpc, query, request_):
    assert client.get(f"/v1/playlists?{query}").status_code == 200

    assert (rpc.calls[0].target, rpc.calls[0].request) == ("playlists.suggest", request_)


@pytest.mark.parametrize(
    "city",
    [
        "São Paulo",
        "東京",
        "Springfield, IL",
        "'; DROP TABLE places",
        "<b>Recife</b>",
        "x" * 198,
    ],
)
def test_a_name_reaches_the_service_as_it_was_typed(client, rpc, city):
    assert client.get("/v1/weather", query_string={"city": f" {city} "}).status_code == 200

    assert rpc.calls[0].request["city"] == city


@pytest.mark.parametrize(
    ("header", "query", "lang"),
    [
        (None, "", "en"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "", "pt"),
        ("en-GB,en;q=0.9,pt;q=0.8", "", "en"),
        ("de", "", "en"),
        ("*", "", "en"),
        ("fr, pt-BR;q=0.8, en;q=0.7", "", "pt"),
        ("pt-PT,en;q=0.5", "", "pt"),
        ("pt;q=0.1,en-US;q=0.9", "", "en"),
        ("en;q=0.2, PT-br", "", "pt"),
        ("pt-BR;q=0, en;q=0.1", "", "en"),
        ("zz;;;q", "", "en"),
        ("pt", "&lang=en", "en"),
    ],
)
def test_the_language_is_that_of_the_query_or_else_of_the_client(client, rpc, header, query, lang):
    headers = {"Accept-Language": header} if header else {}

    response = client.get(f"/v1/places?q=rec{query}", headers=headers)

    assert rpc.calls[0].request == {"q": "rec", "lang": lang, "limit": 10}
    assert response.headers["Content-Language"] == lang
    assert response.headers["Vary"] == "Accept-Language"
