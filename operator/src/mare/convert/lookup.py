"""What the objects of the input say about one another."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from mare.convert.authentication import KINDS, Authentication, read_authentication
from mare.convert.origins import Origin, Stored, Written, secret_value
from mare.documents.tree import Document


@dataclass(slots=True)
class Lookup:
    """Finds Secrets and TriggerAuthentications; an absent namespace is the current one."""

    documents: tuple[Document, ...]
    users: dict[int, list[Document]] = field(default_factory=lambda: defaultdict(list))
    """The objects that use a document, by its identity."""

    def authentication(
        self, kind: str, name: str, *, user: Document, workload: str
    ) -> Authentication | None:
        """The TriggerAuthentication that an object uses, None if it is not among the input."""
        scope = user.namespace if kind == KINDS[0] else None
        document = self._find(kind, name, scope)
        if document is None:
            return None
        self.users[id(document)].append(user)
        return read_authentication(document, workload)

    def value(self, origin: Origin | None) -> str | None:
        """The value at an origin, if the input has it. It is looked at, never shown."""
        match origin:
            case Written(text):
                return text
            case Stored("Secret", name, key, namespace):
                return secret_value(self._find("Secret", name, namespace), key)
            case _:
                return None

    def _find(self, kind: str, name: str, namespace: str | None) -> Document | None:
        return next(
            (
                document
                for document in self.documents
                if document.kind == kind
                and document.name == name
                and _same(document.namespace, namespace)
            ),
            None,
        )


def _same(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def lookup(documents: Iterable[Document]) -> Lookup:
    return Lookup(tuple(documents))
