"""Converts the whole input, object by object."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mare.convert.authentication import AUTHENTICATIONS, convert_authentication
from mare.convert.draft import Draft
from mare.convert.findings import ALONG, Outcome, Problem
from mare.convert.hpa import convert_hpa
from mare.convert.metadata import MARKER_LABEL
from mare.convert.names import check_names
from mare.convert.origins import Objects
from mare.convert.scaledjob import convert_scaledjob
from mare.convert.scaledobject import convert_scaledobject
from mare.documents.tree import Document, Mapping, Sequence, parse_objects

HPA = "HorizontalPodAutoscaler"
AUTOSCALING_GROUPS = ("keda.sh", "keda.k8s.io", "eventing.keda.sh", "autoscaling")
REFUSALS = {
    "ScaledJob": "only keda.sh/v1alpha1 is supported; upgrade the object to KEDA 2 first",
    "ScaledObject": "only keda.sh/v1alpha1 is supported; upgrade the object to KEDA 2 first",
    HPA: "only autoscaling/v2 is supported; kubectl get hpa.v2.autoscaling -o yaml prints it",
}


@dataclass(frozen=True, slots=True)
class Conversion:
    results: tuple[Draft, ...]

    @property
    def outcomes(self) -> Counter[Outcome]:
        return sum((result.outcomes for result in self.results), Counter())

    @property
    def converted(self) -> list[Draft]:
        return [result for result in self.results if result.manifest]

    @property
    def autoscalers(self) -> list[Draft]:
        """Return the objects that were to be converted."""
        return [each for each in self.results if each.manifest or each.refused]

    @property
    def exit_code(self) -> int:
        """1 if something is refused or nothing was to convert, 2 if something is left to do."""
        if not self.autoscalers or any(each.refused for each in self.results):
            return 1
        if any(result.needs_reading for result in self.results):
            return 2
        return 0


def convert(texts: Iterable[tuple[str, str]]) -> Conversion:
    """Convert pairs of file name and YAML text; raise `InputError` for other texts."""
    drafts: list[Draft] = []
    for file, text in texts:
        for document in parse_objects(text, file):
            drafts += _drafts(document)
    objects = Objects([draft.document for draft in drafts])
    for draft in drafts:
        if _is_of_autoscaling(draft.document):
            check_names(draft.document)
        if draft.document.kind not in AUTHENTICATIONS:
            if not draft.is_settled:
                _convert_one(draft, objects)
            draft.finish()
    for draft in drafts:
        if draft.document.kind in AUTHENTICATIONS:
            users = [user for user in objects.users[id(draft.document)] if user.manifest]
            convert_authentication(draft, users)
            draft.finish()
    _refuse_conflicts(drafts)
    return Conversion(tuple(drafts))


def _drafts(document: Document) -> Iterator[Draft]:
    """Yield the object, or those of a List, the form in which kubectl prints several."""
    items = document.root.entries.get("items")
    if not document.kind.endswith("List") or not isinstance(items, Sequence):
        yield Draft(document)
        return
    for item in items.items:
        if isinstance(item, Mapping):
            yield Draft(Document(document.file, item))


def _is_of_autoscaling(document: Document) -> bool:
    return (document.root.text("apiVersion") or "").partition("/")[0] in AUTOSCALING_GROUPS


def _convert_one(draft: Draft, objects: Objects) -> None:
    document = draft.document
    version = document.root.text("apiVersion") or ""
    labels = document.root.mapping("metadata").mapping("labels")
    if document.kind == "ScaledObject" and version == "keda.sh/v1alpha1":
        convert_scaledobject(draft, objects)
    elif document.kind == "ScaledJob" and version == "keda.sh/v1alpha1":
        convert_scaledjob(draft, objects)
    elif document.kind == HPA and labels.text(MARKER_LABEL) is not None:
        draft.leave_out((), "KEDA created it and deletes it together with the ScaledObject")
    elif document.kind == HPA and version == "autoscaling/v2":
        convert_hpa(draft)
    elif _is_of_autoscaling(document):
        draft.refuse((), ALONG)
        note = REFUSALS.get(document.kind, "Maré has no equivalent")
        draft.problem(f"{document.kind}: {note}")
    else:
        draft.keep_all()


def _refuse_conflicts(drafts: Iterable[Draft]) -> None:
    """Refuse an object with the same name or scale target as an earlier one."""
    first: dict[tuple[str | None, ...], Draft] = {}
    for draft in drafts:
        document = draft.document
        name = (document.namespace, document.name)
        target = (document.namespace, *draft.scale_target)
        other = first.get(name) or first.get(target)
        if draft.manifest and other is None:
            first[name] = first[target] = draft
        elif draft.manifest and other is not None:
            what = "has the same name" if name in first else "scales the same workload"
            place = f"{other.document.file}:{other.document.root.line}"
            draft.withdraw(Problem(document.root.line, f"{other.title} ({place}) {what}"))
