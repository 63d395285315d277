"""The rules of the custom resource, in the part of CEL that they use.

The API server evaluates them itself. Where there is none, they are evaluated here from the same
text, so that there is no second copy of a rule. Libraries for all of CEL take 9 to 50 MB.
"""

import json
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

Scope = Mapping[str, Any]
Rule = Callable[[Scope], Any]

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\d+(?:\.\d+)?|\w+|&&|\|\||[=!<>]=|[-+*/<>!?:.,()\[\]])')
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "in": lambda item, items: item in items,
}


class UnknownCel(ValueError):
    """A rule uses more of CEL than is understood here."""


def compile_rule(text: str) -> Rule:
    """Return the rule as a function of its variables; raise `UnknownCel`."""
    parser = _Parser(text)
    rule = parser.choice()
    if parser.next:
        raise UnknownCel(f"{parser.next} in {text}")
    return rule


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [found[1] for found in _TOKEN.finditer(text)]
        if "".join(self._tokens) != _TOKEN.sub(r"\1", text).strip():
            raise UnknownCel(text)
        self._tokens.reverse()

    @property
    def next(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def _take(self, expected: str = "") -> str:
        if not self._tokens or (expected and self.next != expected):
            raise UnknownCel(f"{expected or 'more'} is missing in {self._text}")
        return self._tokens.pop()

    def _took(self, word: str) -> bool:
        return self.next == word and bool(self._tokens.pop())

    def choice(self) -> Rule:
        condition = self._any()
        if not self._took("?"):
            return condition
        then = self.choice()
        self._take(":")
        other = self.choice()
        return lambda scope: then(scope) if condition(scope) else other(scope)

    def _any(self) -> Rule:
        parts = [self._all()]
        while self._took("||"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda scope: any(part(scope) for part in parts)

    def _all(self) -> Rule:
        parts = [self._comparison()]
        while self._took("&&"):
            parts.append(self._comparison())
        return parts[0] if len(parts) == 1 else lambda scope: all(part(scope) for part in parts)

    def _comparison(self) -> Rule:
        left = self._negation()
        compare = _COMPARISONS.get(self.next)
        if compare is None:
            return left
        self._take()
        right = self._negation()
        return lambda scope: compare(left(scope), right(scope))

    def _negation(self) -> Rule:
        if self._took("!"):
            inner = self._negation()
            return lambda scope: not inner(scope)
        return self._member()

    def _member(self) -> Rule:
        rule = self._primary()
        while self._took("."):
            name = self._take()
            rule = self._macro(rule, name) if self._took("(") else _field(rule, name)
        return rule

    def _macro(self, items: Rule, name: str) -> Rule:
        """size; or all, exists and filter: a variable and what it has to fulfil."""
        if name == "size":
            self._take(")")
            return lambda scope: len(items(scope))
        variable = self._take()
        self._take(",")
        body = self.choice()
        self._take(")")

        def each(scope: Scope) -> list[tuple[Any, bool]]:
            return [(item, bool(body({**scope, variable: item}))) for item in items(scope)]

        match name:
            case "all":
                return lambda scope: all(good for _, good in each(scope))
            case "exists":
                return lambda scope: any(good for _, good in each(scope))
            case "filter":
                return lambda scope: [item for item, good in each(scope) if good]
        raise UnknownCel(f"{name} in {self._text}")

    def _primary(self) -> Rule:
        word = self._take()
        if word == "(":
            inner = self.choice()
            self._take(")")
            return inner
        if word == "[":
            items = [self.choice()]
            while self._took(","):
                items.append(self.choice())
            self._take("]")
            return lambda scope: [item(scope) for item in items]
        if word[0] == '"' or word[0].isdigit():
            constant = json.loads(word)
            return lambda _: constant
        if not word.isidentifier():
            raise UnknownCel(f"{word} in {self._text}")
        return self._call(word) if self._took("(") else lambda scope: scope[word]

    def _call(self, name: str) -> Rule:
        inner = self.choice()
        self._take(")")
        match name:
            case "has":
                return lambda scope: _exists(inner, scope)
            case "size":
                return lambda scope: len(inner(scope))
        raise UnknownCel(f"{name} in {self._text}")


def _field(owner: Rule, name: str) -> Rule:
    return lambda scope: owner(scope)[name]


def _exists(field: Rule, scope: Scope) -> bool:
    try:
        field(scope)
    except KeyError:
        return False
    return True
