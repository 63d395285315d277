"""Completes and checks the spec of a QueueAutoscaler without an API server."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from mare.documents.schema import Checked, Schema
from mare.documents.schema import check as check_by_schema


def check(spec: Any) -> Checked:
    """Fill in the defaults of a spec and check it by the definition of the custom resource."""
    return check_by_schema(spec_schema(), spec)


@cache
def spec_schema() -> Schema:
    text = files("mare.custom_resource").joinpath("schema.json").read_text(encoding="utf-8")
    schema: Schema = json.loads(text)
    return schema
