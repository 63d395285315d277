"""Completes and checks the spec of a QueueAutoscaler without an API server."""

from typing import Any

from mare.documents.schema import Checked, Schema, schema_of
from mare.documents.schema import check as check_by_schema


def check(spec: Any) -> Checked:
    """Fill in the defaults of a spec and check it by the definition of the custom resource."""
    return check_by_schema(spec_schema(), spec)


def spec_schema() -> Schema:
    return schema_of("mare.custom_resource")
