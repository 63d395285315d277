"""The whole input, object by object."""

from collections.abc import Iterable

from mare.convert.authentication import KINDS, convert_authentication
from mare.convert.collisions import one_for_each
from mare.convert.draft import Draft
from mare.convert.findings import ALONG, Conversion, Outcome, Result
from mare.convert.hpa import convert_hpa, made_by_keda
from mare.convert.lookup import Lookup, lookup
from mare.convert.scaledobject import convert_scaledobject
from mare.documents.tree import Document, Mapping, Sequence, parse_objects

HPA = "HorizontalPodAutoscaler"
AUTOSCALING_GROUPS = ("keda.sh", "keda.k8s.io", "eventing.keda.sh", "autoscaling")
REFUSALS = {
    "ScaledJob": "a job for each message is not what Maré does; it scales what keeps running",
    "ScaledObject": "only keda.sh/v1alpha1 is read; bring it to KEDA 2 first",
    HPA: "only autoscaling/v2 is read; kubectl get hpa.v2.autoscaling -o yaml shows it so",
}


def convert(texts: Iterable[tuple[str, str]]) -> Conversion:
    """Convert pairs of file name and YAML text.

    Raises `InputError` if a text cannot be read at all.
    """
    documents: list[Document] = []
    results: dict[int, Result] = {}
    for file, text in texts:
        for document in parse_objects(text, file):
            items = _items(document)
            if items is not None:
                results[len(documents)] = _wrapper(document)
            documents += [document, *(items or [])]
    known = lookup(documents)
    for index, document in enumerate(documents):
        if index not in results and document.kind not in KINDS:
            results[index] = _convert_one(document, known)
    converted = {id(documents[index]) for index, result in results.items() if result.manifest}
    for index, document in enumerate(documents):
        if index not in results:
            users = [user for user in known.users[id(document)] if id(user) in converted]
            titles = [f"{user.kind} {user.name}" for user in users]
            results[index] = convert_authentication(document, titles)
    ordered = [results[index] for index in range(len(documents))]
    return Conversion(tuple(one_for_each(ordered)))


def _convert_one(document: Document, known: Lookup) -> Result:
    version = document.root.text("apiVersion")
    match document.kind, version:
        case "ScaledObject", "keda.sh/v1alpha1":
            return convert_scaledobject(document, known)
        case "HorizontalPodAutoscaler", "autoscaling/v2" if not made_by_keda(document):
            return convert_hpa(document)
    draft = Draft(document)
    if document.kind == HPA and made_by_keda(document):
        draft.settle_below((), Outcome.DROPPED, "KEDA made it and removes it with its ScaledObject")
    elif (version or "").partition("/")[0] in AUTOSCALING_GROUPS:
        draft.settle_below((), Outcome.REFUSED, ALONG)
        says = REFUSALS.get(document.kind, "it has no counterpart in Maré")
        draft.problem(document.root.line, f"{document.kind}: {says}")
    else:
        draft.settle_below((), Outcome.KEPT, "no autoscaler, it stays as it is")
    return draft.result()


def _items(document: Document) -> list[Document] | None:
    """The objects of a List, as kubectl writes several."""
    items = document.root.entries.get("items")
    if not document.kind.endswith("List") or not isinstance(items, Sequence):
        return None
    return [Document(document.file, item) for item in items.items if isinstance(item, Mapping)]


def _wrapper(document: Document) -> Result:
    entries = {name: node for name, node in document.root.entries.items() if name != "items"}
    draft = Draft(Document(document.file, Mapping(entries, document.root.line)))
    draft.settle_below((), Outcome.TRANSLATED, "the objects of the list stand alone")
    return draft.result()
