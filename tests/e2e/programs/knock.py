"""Connect to each HOST:PORT of the arguments; print as JSON: open, dropped, or the error."""

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor


def knock(address: str) -> str:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=3).close()
    except TimeoutError:
        return "dropped"
    except OSError as error:
        return repr(error)
    return "open"


with ThreadPoolExecutor(len(sys.argv)) as threads:
    print(json.dumps(dict(zip(sys.argv[1:], threads.map(knock, sys.argv[1:]), strict=True))))
