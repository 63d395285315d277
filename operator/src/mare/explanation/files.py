"""Reads a QueueAutoscaler from YAML: output of `kubectl get -o yaml`, or a manifest."""

from collections.abc import Iterator
from typing import Any

from mare.custom_resource.checking import check
from mare.documents.schema import Mistakes
from mare.documents.tree import InputError, Mapping, Path, parse, plain

_KIND = "QueueAutoscaler"


def read_object(text: str, file: str, name: str | None, namespace: str | None) -> dict[str, Any]:
    """Return the one object with the name and namespace, with defaults.

    Raises `InputError`: not YAML, an invalid object, or not exactly one object.
    """
    found = [
        (document, path, root)
        for document in parse(text, file)
        for path, root in _objects(document.root, ())
        if name in {None, root.mapping("metadata").text("name")}
        and (namespace is None or _namespace(root) in {None, namespace})
    ]
    if len(found) != 1:
        names = ", ".join(sorted(root.mapping("metadata").text("name") or "" for *_, root in found))
        described = f"{_KIND} {name}" if name else _KIND
        many = f"has more than one {described}: give a name and -n ({names})"
        raise InputError(f"{file} {many if found else f'has no {described}'}")
    document, path, root = found[0]
    body = plain(root)
    checked = check(body.get("spec"))
    mistakes = Mistakes()
    mistakes.add_all(document, (*path, "spec"), checked.mistakes)
    mistakes.raise_any()
    metadata = {"namespace": namespace or "default", "uid": "", "generation": 1, **body["metadata"]}
    return {**body, "metadata": metadata, "spec": checked.value}


def _objects(root: Mapping, path: Path) -> Iterator[tuple[Path, Mapping]]:
    for index, item in enumerate(root.mappings("items")):
        yield from _objects(item, (*path, "items", index))
    if root.text("kind") == _KIND and root.mapping("metadata").entries:
        yield path, root


def _namespace(root: Mapping) -> str | None:
    return root.mapping("metadata").text("namespace")
