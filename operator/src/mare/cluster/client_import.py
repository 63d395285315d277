"""The official client without its synchronous half, which nothing here calls.

The package imports all of itself at the first touch of any part: requests, oauthlib and the rest
of the synchronous client, 8 MB that stay. Its asyncio half needs none of it.
"""

import sys
from importlib.util import find_spec, module_from_spec


def skip_synchronous_client() -> None:
    """Call it before the first import of `kubernetes` or kopf; later it changes nothing."""
    spec = find_spec("kubernetes")
    if spec is None or "kubernetes" in sys.modules:
        return
    sys.modules["kubernetes"] = module_from_spec(spec)  # knows where its parts are, and runs none
    # Kopf would import it to recognise its models, and does without when it is not there.
    sys.modules["kubernetes.client"] = None  # type: ignore[assignment]
