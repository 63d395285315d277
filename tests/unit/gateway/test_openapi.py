"""The description of the API is valid, complete and true."""

import dataclasses
import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from mare_gateway.api import queries
from mare_services.contract import places, suggestion


@pytest.fixture
def document(client):
    return client.get("/openapi.json").get_json()


def operations(document):
    return [operation for path in document["paths"].values() for operation in path.values()]


def test_the_document_is_valid_openapi_3_1(document):
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()


def test_every_endpoint_describes_its_answer_and_its_problems(document):
    assert set(document["paths"]) == {
        *("/v1/playlists", "/v1/places", "/v1/weather"),
        *("/v1/jobs/{job_id}", "/v1/jobs/{job_id}/retry", "/v1/jobs/{job_id}/deliveries"),
        *("/v1/jobs/{job_id}/events", "/v1/jobs", "/v1/playlists/batch"),
    }
    del document["paths"]["/v1/jobs/{job_id}/events"]  # answers with events
    for operation in operations(document):
        responses = operation["responses"]
        assert {"400", "429", "502", "503", "504"} <= set(responses)
        assert {"200", "202"} & set(responses)
        for status, response in responses.items():
            media = "application/json" if status in ("200", "202") else "application/problem+json"
            assert list(response["content"]) == [media]
    assert {"404", "409"} <= set(document["paths"]["/v1/playlists"]["get"]["responses"])


def test_every_parameter_is_described(document):
    for operation in operations(document):
        described = [each["description"] for each in operation.get("parameters", ())]
        assert all(described)
        assert described or operation["requestBody"]


def test_every_answer_is_described_as_the_services_send_it(document):
    schemas = document["components"]["schemas"]
    place, weather = schemas["Place"], schemas["Weather"]

    assert {"PlaceList", "WeatherReport", "Suggestion", "ProblemDocument"} <= set(schemas)
    assert set(place["properties"]) == {field.name for field in dataclasses.fields(places.Place)}
    assert place["properties"]["country_code"]["description"] == "ISO 3166-1 alpha-2."
    assert weather["properties"]["observed_at"]["format"] == "date-time"
    assert schemas["ProblemDocument"]["properties"]["candidates"]["anyOf"][0]["items"] == {
        "$ref": "#/components/schemas/Place"
    }


def test_requests_have_only_fields_that_the_services_read():
    query = queries.PlaylistsQuery(
        lat=1, lon=1, market="BR", seed="1", explicit=False, limit=1, strict=True
    )
    named = queries.PlaylistsQuery(city="a", state="b", country="c")
    sent = set(query.request("en")) | set(named.request("en"))

    assert sent == {field.name for field in dataclasses.fields(suggestion.SuggestionRequest)}


def test_the_page_loads_nothing_from_other_hosts(client):
    page = client.get("/docs")

    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert links
    assert all(link.startswith("/docs/") for link in links)
    assert client.get("/docs/start.js").status_code == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
