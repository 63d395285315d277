"""Say whether the operator's schema.json is what the definition of the custom resource says.

``make schema`` runs this with ``--write``. The operator has the spec's schema, without its prose,
to read QueueAutoscalers where there is no API server that completes and refuses.
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

DEFINITION = Path("charts/operator/crds/queueautoscalers.mare.dev.yaml")
SCHEMA = Path("operator/src/mare/custom_resource/schema.json")


def schema() -> str:
    return json.dumps(without_prose(spec()), indent=1) + "\n"


def spec() -> dict[str, Any]:
    """Return the schema of the spec, as the definition has it."""
    (version,) = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))["spec"]["versions"]
    found: dict[str, Any] = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return found


def without_prose(node: dict[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in node.items() if key != "description"}
    if "properties" in found:
        below = found["properties"].items()
        found["properties"] = {name: without_prose(child) for name, child in below}
    if "items" in found:
        found["items"] = without_prose(found["items"])
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        SCHEMA.write_text(schema(), encoding="utf-8")
    elif SCHEMA.read_text(encoding="utf-8") != schema():
        sys.exit(f"{SCHEMA} does not belong to {DEFINITION}: run 'make schema'.")
