"""``python -m tests.integration.runtime.stock MODULE:CLASS``: run a service on plain Nameko.

Its own command needs pkg_resources, which Python 3.12 and new setuptools no longer bring.
"""

# ruff: noqa: E402  eventlet has to patch before anything else is imported
import warnings

warnings.filterwarnings("ignore", message="\nEventlet is deprecated")

import eventlet

eventlet.monkey_patch()

import logging
import os
import sys

sys.modules["mare_nameko.service"] = __import__(
    "tests.integration.runtime.stock_names", fromlist=["rpc"]
)

from nameko.cli.run import import_service, run

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    workers = int(os.environ.get("RUNTIME_MAX_WORKERS", "10"))
    run(import_service(sys.argv[1]), {"AMQP_URI": os.environ["AMQP_URI"], "max_workers": workers})
