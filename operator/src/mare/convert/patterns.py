"""Converts regular expressions of the management API to equivalent wildcards.

The API searches anywhere in the name unless the expression is anchored, and ignores case (measured
on RabbitMQ 4: `^ORDERS$` matches the queue orders).
"""

import re

MOST_ALTERNATIVES = 32
_TOKEN = re.compile(
    r"\\(?P<escaped>[^A-Za-z0-9])|(?P<any>\.)(?P<many>[*+]?)|(?P<plain>[\w\-:/@ #%&,;=!<>~'\"])"
)
_QUANTIFIED = ("*", "+", "?", "{")


class NotAWildcard(ValueError):
    """Raised for an expression that * and ? cannot represent."""


def wildcards(expression: str) -> list[str]:
    """Return the wildcard patterns that match the same names; raises `NotAWildcard`."""
    whole = re.fullmatch(r"\^\(([^()]*)\)\$", expression)
    parts = [f"^{part}$" for part in whole[1].split("|")] if whole else expression.split("|")
    if len(parts) > MOST_ALTERNATIVES:
        raise NotAWildcard(f"has more than {MOST_ALTERNATIVES} alternatives")
    patterns = [pattern for pattern in map(_wildcard, parts) if pattern]
    if not patterns:
        raise NotAWildcard("matches only an empty name")
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
            raise NotAWildcard(f"has {body[position:]}, which * and ? cannot represent")
        if token["any"]:
            pattern += {"": "?", "*": "*", "+": "?*"}[token["many"]]
        else:
            literal = token["escaped"] or token["plain"]
            if literal in "*?":
                raise NotAWildcard(f"has a literal {literal}, which a wildcard cannot represent")
            pattern += literal
        position = token.end()
    pattern += "" if end else "*"
    return re.sub(r"\*+", "*", pattern)


def overlap(one: str, other: str) -> bool:
    todo, seen = [(0, 0)], set[tuple[int, int]]()
    while todo:
        place = i, j = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        left, right = one[i : i + 1], other[j : j + 1]
        if left == right == "":
            return True
        if left == "*":
            todo += [(i + 1, j), (i, j + 1)] if right else [(i + 1, j)]
        elif right == "*":
            todo += [(i, j + 1), (i + 1, j)] if left else [(i, j + 1)]
        elif left and right and (left == right or "?" in (left, right)):
            todo.append((i + 1, j + 1))
    return False
