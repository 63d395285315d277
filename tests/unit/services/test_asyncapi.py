"""The AsyncAPI document lists what the services publish, handle and answer."""

from importlib.metadata import entry_points
from pathlib import Path

import jsonschema
import pytest
import yaml

DOCUMENT = Path(__file__).parents[3] / "docs/asyncapi.yaml"


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def entrypoints():
    """The RPC methods, and the handlers by the event that they handle."""
    methods, handlers = set(), set()
    for each in entry_points(group="mare_nameko.services"):
        service = each.load()
        for name in dir(service):
            for entrypoint in getattr(getattr(service, name), "nameko_entrypoints", ()):
                if hasattr(entrypoint, "source_service"):
                    event = f"{entrypoint.source_service}.{entrypoint.event_type}"
                    handlers.add(f"{service.name}.{name}.{event}")
                elif type(entrypoint).__name__ == "Rpc":
                    methods.add(f"{service.name}.{name}")
    return methods, handlers


def operations(document, action):
    return {name for name, each in document["operations"].items() if each["action"] == action}


def test_every_method_and_handler_is_described_and_no_other(document, entrypoints):
    methods, handlers = entrypoints
    received = operations(document, "receive")

    assert {name.removeprefix("call.") for name in received if name.startswith("call.")} == methods
    assert {name for name in received if not name.startswith("call.")} == handlers


def test_every_reference_leads_somewhere(document):
    def references(part):
        if isinstance(part, dict):
            if "$ref" in part:
                yield part["$ref"]
            part = list(part.values())
        if isinstance(part, list):
            for each in part:
                yield from references(each)

    found = set(references(document))

    assert found
    for reference in found:
        target = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


def test_every_payload_is_a_valid_schema(document):
    for message in document["components"]["messages"].values():
        jsonschema.Draft202012Validator.check_schema(message["payload"])
