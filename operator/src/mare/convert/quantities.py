"""Quantities as Kubernetes writes them, 500m or 1Ki."""

import re
from decimal import Decimal

_SCALES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal("1e3"),
    "M": Decimal("1e6"),
    "G": Decimal("1e9"),
    "T": Decimal("1e12"),
    "P": Decimal("1e15"),
    "E": Decimal("1e18"),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}
_QUANTITY = re.compile(
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)([A-Za-z]{0,2})"
)


def quantity(text: str) -> Decimal:
    """The number that a quantity stands for. Raises ValueError."""
    found = _QUANTITY.fullmatch(text)
    if found is None or found[2] not in _SCALES:
        raise ValueError("has to be a quantity, for example 30 or 500m")
    return Decimal(found[1]) * _SCALES[found[2]]


def plain(number: Decimal | float) -> int | float:
    """A number without a fraction that says nothing."""
    return int(number) if number == int(number) else float(number)
