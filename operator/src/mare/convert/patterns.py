"""Regular expressions of the management API as wildcards, where that is the same.

The API searches: anywhere in the name unless anchored, and without regard to case (measured on
RabbitMQ 4: `^ORDERS$` finds the queue orders).
"""

import re

MOST_ALTERNATIVES = 32
_TOKEN = re.compile(
    r"\\(?P<escaped>[^A-Za-z0-9])|(?P<any>\.)(?P<many>[*+]?)|(?P<plain>[\w\-:/@ #%&,;=!<>~'\"])"
)
_QUANTIFIED = ("*", "+", "?", "{")


class NotAWildcard(ValueError):
    """The expression says more than * and ? can."""


def wildcards(expression: str) -> list[str]:
    """The wildcard patterns that fit the names which a search for the expression finds.

    Raises `NotAWildcard`.
    """
    whole = re.fullmatch(r"\^\(([^()]*)\)\$", expression)
    parts = [f"^{part}$" for part in whole[1].split("|")] if whole else expression.split("|")
    if len(parts) > MOST_ALTERNATIVES:
        raise NotAWildcard(f"has more than {MOST_ALTERNATIVES} alternatives")
    patterns = [pattern for pattern in map(_wildcard, parts) if pattern]
    if not patterns:
        raise NotAWildcard("finds only a queue without a name")
    return list(dict.fromkeys(patterns))


def _wildcard(expression: str) -> str:
    start = expression.startswith("^")
    end = expression.endswith("$") and not expression.endswith(r"\$")
    body = expression[start : len(expression) - end]
    pattern = "" if start else "*"
    position = 0
    while position < len(body):
        token = _TOKEN.match(body, position)
        if token is None or body[token.end() : token.end() + 1] in _QUANTIFIED:
            raise NotAWildcard(f"has {body[position:]}, which is more than * and ? can say")
        if token["any"]:
            pattern += {"": "?", "*": "*", "+": "?*"}[token["many"]]
        else:
            literal = token["escaped"] or token["plain"]
            if literal in "*?":
                raise NotAWildcard(f"has a literal {literal}, which a wildcard cannot say")
            pattern += literal
        position = token.end()
    pattern += "" if end else "*"
    return re.sub(r"\*+", "*", pattern)


def ignores_case(pattern: str) -> bool:
    """Whether regard to case makes a difference for the pattern."""
    return pattern.lower() != pattern.upper()


def is_name(pattern: str) -> bool:
    return not set("*?") & set(pattern)


def overlap(one: str, other: str) -> bool:
    """Whether there is a name that both patterns fit."""
    todo, seen = [(0, 0)], set[tuple[int, int]]()
    while todo:
        place = i, j = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        here, there = one[i : i + 1], other[j : j + 1]
        if here == there == "":
            return True
        if here == "*":
            todo += [(i + 1, j), (i, j + 1)] if there else [(i + 1, j)]
        elif there == "*":
            todo += [(i, j + 1), (i + 1, j)] if here else [(i, j + 1)]
        elif here and there and (here == there or "?" in (here, there)):
            todo.append((i + 1, j + 1))
    return False
