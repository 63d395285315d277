"""Reads a QueueAutoscaler from YAML: output of `kubectl get -o yaml`, or a manifest."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import yaml

from mare.custom_resource.checking import check

_KIND = "QueueAutoscaler"
MAX_CHARACTERS = 4_000_000


class UnusableFile(Exception):
    """The file is invalid. The text has a line for each mistake."""


def read_object(text: str, name: str | None, namespace: str | None) -> dict[str, Any]:
    """Return the one object with the name and namespace, with defaults.

    Raises:
        UnusableFile: not YAML, an invalid object, or not exactly one object.
    """
    if len(text) > MAX_CHARACTERS:
        raise UnusableFile(f"is longer than {MAX_CHARACTERS} characters")
    try:
        documents = [each for each in yaml.safe_load_all(text) if each is not None]
    except yaml.YAMLError as error:
        raise UnusableFile(f"is no YAML: {error}") from error
    found = [each for each in _objects(documents) if name in {None, _name(each)}]
    if namespace is not None:
        found = [e for e in found if e["metadata"].get("namespace") in {None, namespace}]
    if len(found) != 1:
        names = ", ".join(sorted(_name(each) for each in found))
        described = f"{_KIND} {name}" if name else _KIND
        raise UnusableFile(
            f"has more than one {described}: give a name and -n ({names})"
            if found
            else f"has no {described}"
        )
    return _completed(found[0], namespace)


def _objects(documents: list[Any]) -> Iterator[dict[str, Any]]:
    for each in documents:
        if not isinstance(each, Mapping):
            continue
        if isinstance(each.get("items"), list):
            yield from _objects(each["items"])
        elif each.get("kind") == _KIND and isinstance(each.get("metadata"), Mapping):
            yield dict(each)


def _name(body: Mapping[str, Any]) -> str:
    return str(body["metadata"].get("name"))


def _completed(body: dict[str, Any], namespace: str | None) -> dict[str, Any]:
    checked = check(body.get("spec"))
    if checked.mistakes:
        listed = [f"spec.{'.'.join(map(str, m.path))} {m.sentence}" for m in checked.mistakes]
        raise UnusableFile("\n  ".join(["would be refused:", *listed]))
    metadata = {
        "namespace": namespace or "default",
        "uid": "",
        "generation": 1,
        **body["metadata"],
    }
    return {**_plain(body), "metadata": _plain(metadata), "spec": checked.value}


def _plain(value: Any) -> Any:
    """Convert times to text: YAML parses an unquoted time, JSON of the API has a string."""
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case datetime() | date():
            return value.isoformat()
        case _:
            return value
