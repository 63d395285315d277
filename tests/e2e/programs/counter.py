"""Read IDs from `seen` until each was read, or four minutes have passed; print missing ones."""

import sys
import time

from recorder import LOST, connection


def main(count: int, first: int = 0) -> None:
    missing = set(range(first, first + count))
    end = time.monotonic() + 240
    while missing and time.monotonic() < end:
        try:
            with connection() as broker:
                channel = broker.channel()
                while missing and time.monotonic() < end:
                    message = channel.basic_get("seen", no_ack=True)
                    if message is None:
                        time.sleep(0.2)
                    else:
                        missing.discard(int(message.body))
        except LOST as error:
            print(f"Lost the broker: {error!r}", flush=True)
            time.sleep(1)
    print("missing:", sorted(missing), flush=True)


main(*map(int, sys.argv[1:]))
