"""A receiver of callbacks: verifies each, prints id, digest of the body and status, then answers.

A job with two results has two digests. The path decides on the status: 410 for `/gone`, 503 for
`/away`, 204 for any other. Without CERTIFICATE, a folder, it speaks plain HTTP on 127.0.0.1.
"""

import hashlib
import os
import ssl
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

WEBHOOK = Webhook(os.environ["SECRET"])
SECONDS = float(os.environ["SECONDS_PER_CALLBACK"])
CERTIFICATE = os.environ.get("CERTIFICATE", "")
PORT = int(os.environ["PORT"])
STATUSES = {"/gone": 410, "/away": 503}


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
        status = STATUSES.get(self.path, 204)
        print_line(f"callback {self.headers['webhook-id']} {digest} {status}")
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write no line for a request: `do_POST` does."""


def print_line(line: str) -> None:
    """Write a line at once: other threads do so at the same time."""
    os.write(1, f"{line}\n".encode())


def main() -> None:
    ThreadingHTTPServer.request_queue_size = 512
    server = ThreadingHTTPServer(("0.0.0.0" if CERTIFICATE else "127.0.0.1", PORT), Receiver)
    if CERTIFICATE:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(f"{CERTIFICATE}/tls.crt", f"{CERTIFICATE}/tls.key")
        # The handshake takes place in the thread of the request.
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    server.serve_forever()


main()
