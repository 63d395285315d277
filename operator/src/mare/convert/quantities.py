"""Quantities of Kubernetes, such as 500m or 1Ki."""

import re

from mare.custom_resource.checking import spec_schema

_DIVISORS = {"n": 1e9, "u": 1e6, "m": 1e3}
_SCALES = {"": 1.0}
_SCALES |= {sign: 1000.0**power for power, sign in enumerate("kMGTPE", start=1)}
_SCALES |= {f"{sign}i": 1024.0**power for power, sign in enumerate("KMGTPE", start=1)}
_QUANTITY = re.compile(
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?)([A-Za-z]{0,2})"
)


def number_of(quantity: str | float) -> int | float | None:
    found = _QUANTITY.fullmatch(str(quantity))
    if found is None or found[2] not in (_SCALES | _DIVISORS):
        return None
    number, unit = float(found[1]), found[2]
    return plain(number / _DIVISORS[unit] if unit in _DIVISORS else number * _SCALES[unit])


def plain(number: float) -> int | float:
    return int(number) if number == int(number) else number


def is_tolerance(text: str) -> bool:
    rules = spec_schema()["properties"]["behavior"]["properties"]["scaleUp"]["properties"]
    return re.fullmatch(rules["tolerance"]["pattern"], text) is not None
