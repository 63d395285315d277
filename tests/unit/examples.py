"""How many examples of a property are tried: a third of the usual number, three times it nightly.

Examples took 75 s of the required run at the usual number; each run has other examples.
"""

import os

_FACTOR = float(os.environ.get("EXAMPLES", "0.34"))


def examples(usual: int) -> int:
    """Return how many examples this run tries where `usual` are worth trying."""
    return max(8, round(usual * _FACTOR))
