"""QueueAutoscalers on a real API server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from kubernetes import client

from tests.control_plane import ControlPlane
from tests.integration.operator_crd.apiserver import DryRun
from tests.integration.operator_crd.schema import Schema


@pytest.fixture(scope="session")
def dry_run(api_server: ControlPlane, crd: Path) -> Iterator[DryRun]:
    with api_server.client() as api:
        yield DryRun(client.CustomObjectsApi(api), "default")


@pytest.fixture(scope="session")
def schema(crd: Path) -> Schema:
    """The schema of the whole object."""
    (version,) = yaml.safe_load(crd.read_text())["spec"]["versions"]
    whole: Schema = version["schema"]["openAPIV3Schema"]
    return whole


@pytest.fixture(scope="session")
def spec_schema(schema: Schema) -> Schema:
    below: Schema = schema["properties"]["spec"]
    return below
