"""A receiver of callbacks: verifies each, prints its id and a digest of its body, then accepts it.

A job with two results has two digests.
"""

import hashlib
import os
import ssl
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

WEBHOOK = Webhook(os.environ["SECRET"])
SECONDS = float(os.environ["SECONDS_PER_CALLBACK"])


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            WEBHOOK.verify(body, dict(self.headers.items()))
        except WebhookVerificationError as error:
            print_line(f"invalid: {error}")
            self.send_error(400)
            return
        time.sleep(SECONDS)
        digest = hashlib.sha256(body).hexdigest()[:16]
        print_line(f"callback {self.headers['webhook-id']} {digest}")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write no line for a request: `do_POST` does."""


def print_line(line: str) -> None:
    """Write a line at once: other threads do so at the same time."""
    os.write(1, f"{line}\n".encode())


def main() -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain("/tls/tls.crt", "/tls/tls.key")
    server = ThreadingHTTPServer(("0.0.0.0", 8443), Receiver)
    # The handshake takes place in the thread of the request.
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


main()
