"""The description of the API is valid, complete and true."""

import dataclasses
import re

import jsonschema
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
        assert {"400", "401", "403", "405", "414", "429", "431"} <= set(responses)
        assert {"500", "502", "503", "504"} <= set(responses)
        assert ("requestBody" in operation) == ({"413", "415"} <= set(responses))
        assert {"200", "202"} & set(responses)
        for status, response in responses.items():
            media = "application/json" if status in ("200", "202") else "application/problem+json"
            assert list(response.get("content", [media])) == [media]
            assert "X-Request-Id" in response["headers"]
            assert ("Retry-After" in response["headers"]) or status not in ("202", "503", "504")
    assert {"404", "409"} <= set(document["paths"]["/v1/playlists"]["get"]["responses"])


def test_operations_have_stable_ids(document):
    assert {operation["operationId"] for operation in operations(document)} == {
        *("playlists", "places", "weather", "submit_playlist", "submit_batch", "list_jobs"),
        *("get_job", "cancel_job", "retry_job", "stream_job", "get_deliveries"),
    }


def test_answers_with_an_etag_may_be_unchanged(document):
    unchanged = {
        operation["operationId"]
        for operation in operations(document)
        if "304" in operation["responses"]
    }

    assert unchanged == {"playlists", "places", "weather", "get_job", "get_deliveries"}


def test_examples_are_valid(document):
    resolver = {"components": document["components"]}
    shown = [
        (media["schema"], example["value"])
        for operation in operations(document)
        for response in operation["responses"].values()
        for media in response.get("content", {}).values()
        for example in media.get("examples", {}).values()
    ]
    bodies = [
        (media["schema"], media["example"])
        for operation in operations(document)
        for media in operation.get("requestBody", {}).get("content", {}).values()
    ]

    assert len(shown) > 20
    assert len(bodies) == 2
    for schema, example in shown + bodies:
        jsonschema.Draft202012Validator(schema | resolver).validate(example)


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


def test_the_document_asks_for_a_key_only_where_one_is_needed(document, make_client, tmp_path):
    (tmp_path / "keys.json").write_text("[]")
    with_keys = make_client(GATEWAY_KEYS_FILE=str(tmp_path / "keys.json"))
    with_keys = with_keys.get("/openapi.json").get_json()

    OpenAPIV31SpecValidator(with_keys).validate()
    assert "security" not in document
    assert "securitySchemes" not in document["components"]
    assert "security" not in with_keys["paths"]["/v1/playlists"]["get"]  # open to all by default
    assert with_keys["paths"]["/v1/jobs"]["get"]["security"] == [{"apiKey": []}]
    assert set(with_keys["components"]["securitySchemes"]) == {"apiKey"}


def test_the_page_loads_nothing_from_other_hosts(client):
    page = client.get("/docs")

    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert links
    assert all(link.startswith("/docs/") for link in links)
    assert client.get("/docs/start.js").status_code == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
