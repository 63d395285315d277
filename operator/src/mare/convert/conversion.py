"""Converts the whole input, object by object."""

from collections.abc import Iterable, Iterator

from mare.convert.authentication import AUTHENTICATIONS, Objects, convert_authentication
from mare.convert.draft import Draft
from mare.convert.findings import ALONG, Conversion, Problem, Result
from mare.convert.hpa import convert_hpa
from mare.convert.metadata import MARKER_LABEL
from mare.convert.scaledobject import convert_scaledobject
from mare.documents.tree import Document, Mapping, Sequence, parse_objects

HPA = "HorizontalPodAutoscaler"
AUTOSCALING_GROUPS = ("keda.sh", "keda.k8s.io", "eventing.keda.sh", "autoscaling")
REFUSALS = {
    "ScaledJob": "Maré scales long-running workloads and does not create a Job per message",
    "ScaledObject": "only keda.sh/v1alpha1 is supported; upgrade the object to KEDA 2 first",
    HPA: "only autoscaling/v2 is supported; kubectl get hpa.v2.autoscaling -o yaml prints it",
}


def convert(texts: Iterable[tuple[str, str]]) -> Conversion:
    """Convert pairs of file name and YAML text; raise `InputError` for other texts."""
    documents: list[Document] = []
    results: dict[int, Result] = {}
    for file, text in texts:
        for document in parse_objects(text, file):
            items = _items(document)
            if items is not None:
                results[len(documents)] = _list_result(document)
            documents += [document, *(items or [])]
    objects = Objects(documents)
    for index, document in enumerate(documents):
        if index not in results and document.kind not in AUTHENTICATIONS:
            results[index] = _convert_one(document, objects)
    converted = {id(documents[index]) for index, result in results.items() if result.manifest}
    for index, document in enumerate(documents):
        if index not in results:
            users = [user for user in objects.users[id(document)] if id(user) in converted]
            results[index] = convert_authentication(document, users)
    return Conversion(tuple(_without_conflicts(results[index] for index in range(len(documents)))))


def _convert_one(document: Document, objects: Objects) -> Result:
    version = document.root.text("apiVersion") or ""
    labels = document.root.mapping("metadata").mapping("labels")
    made_by_keda = document.kind == HPA and labels.text(MARKER_LABEL) is not None
    draft = Draft(document)
    if document.kind == "ScaledObject" and version == "keda.sh/v1alpha1":
        convert_scaledobject(draft, objects)
    elif made_by_keda:
        draft.drop((), "KEDA created it and deletes it together with the ScaledObject")
    elif document.kind == HPA and version == "autoscaling/v2":
        convert_hpa(draft)
    elif version.partition("/")[0] in AUTOSCALING_GROUPS:
        draft.refuse((), ALONG)
        note = REFUSALS.get(document.kind, "Maré has no equivalent")
        draft.problem(f"{document.kind}: {note}")
    else:
        draft.keep_all()
    return draft.result()


def _items(document: Document) -> list[Document] | None:
    """The objects of a List, the form in which kubectl prints several."""
    items = document.root.entries.get("items")
    if not document.kind.endswith("List") or not isinstance(items, Sequence):
        return None
    return [Document(document.file, item) for item in items.items if isinstance(item, Mapping)]


def _list_result(document: Document) -> Result:
    entries = {name: node for name, node in document.root.entries.items() if name != "items"}
    draft = Draft(Document(document.file, Mapping(entries, document.root.line)))
    draft.absorb((), "the objects of the list are converted separately")
    return draft.result()


def _without_conflicts(results: Iterable[Result]) -> Iterator[Result]:
    """Refuse a result with the same name or scale target as an earlier one."""
    first: dict[tuple[str | None, ...], Result] = {}
    for result in results:
        name = (result.namespace, result.name)
        target = (result.namespace, *result.scale_target)
        other = first.get(name) or first.get(target)
        if result.manifest is None:
            yield result
        elif other is None:
            first[name] = first[target] = result
            yield result
        else:
            what = "has the same name" if name in first else "scales the same workload"
            note = f"{other.title} ({other.file}:{other.line}) {what}"
            yield result.without_output(Problem(result.line, note))
