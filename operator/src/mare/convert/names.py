"""Refuses names that no Kubernetes object has, since names become arguments of printed commands.

KEDA accepts any text as the name of a Secret: `--namespace=other` and a key such as
`x}{.items[0].data.password` would let an administrator copy the Secret of another tenant.
"""

import re

from mare.documents.tree import Document, InputError, Scalar, leaves, line_of, spelled

_NAMES = {"name", "namespace", "kind", "key"}
_UNSAFE = re.compile(r"^-|[(){}'\"]")


def check_names(document: Document) -> None:
    """Raise `InputError` for a name that is like an option or an expression.

    Values of a Secret or ConfigMap are no names, whatever their keys are.
    """
    for path, node in leaves(document.root):
        if path[:1] in (("data",), ("stringData",)):
            continue
        if path[-1:] and path[-1] in _NAMES and isinstance(node, Scalar):
            found = _UNSAFE.search(node.text)
            if found is not None:
                line = line_of(document.root, path)
                raise InputError(
                    f"{document.file}:{line}: {spelled(path)} has {found[0]!r}, which no name of"
                    " a Kubernetes object has"
                )
