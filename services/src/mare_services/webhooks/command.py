"""The command ``mare-jobs``: dead letters of callbacks, and their replay."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from amqp import Channel, Message
from amqp.exceptions import AMQPError, NotFound
from kombu import Connection
from kombu.exceptions import OperationalError

from mare_nameko.addresses import BrokerSettings
from mare_nameko.headers import PREFIX
from mare_nameko.service.retries import QUEUE, REASON
from mare_nameko.settings import SettingsError
from mare_nameko.topology import DEAD_LETTERS
from mare_services.contract import wire
from mare_services.contract.callbacks import CALLBACK_QUEUE, CallbackDue, DeliveryProgress
from mare_services.contract.errors import InvalidRequest

_CONNECT_SECONDS = 10.0
_PERSISTENT = 2


def main() -> None:
    """Run the command; exit with a sentence if the broker cannot be used."""
    parser = argparse.ArgumentParser(
        prog="mare-jobs",
        description="Lists or replays callbacks that were given up. AMQP_URI is the broker.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("dead-letters", "list the callbacks that were given up"),
        ("replay", "send them again, on a new schedule"),
    ):
        commands.add_parser(name, help=text).add_argument("--job", help="only those of this job")
    arguments = parser.parse_args()
    try:
        settings = BrokerSettings.from_env(os.environ)
        count = _run(settings, arguments.job, replays=arguments.command == "replay")
    except NotFound:
        sys.exit(
            f"The queue {DEAD_LETTERS} or {CALLBACK_QUEUE} does not exist: start webhooks first."
        )
    except (SettingsError, AMQPError, OperationalError, OSError) as error:
        sys.exit(str(error) or type(error).__name__)
    sys.stdout.write(f"{count} callbacks\n")


def _run(settings: BrokerSettings, job_id: str | None, *, replays: bool) -> int:
    tls = settings.tls_files.options(host=None) if settings.amqp_uri.uses_tls else False
    with Connection(
        str(settings.amqp_uri), ssl=tls, connect_timeout=_CONNECT_SECONDS
    ) as connection:
        connection.ensure_connection(max_retries=1)
        channel = connection.channel()
        channel.confirm_select()
        channel.queue_declare(CALLBACK_QUEUE, passive=True)
        count = 0
        for letter, due in dead_callbacks(channel, job_id):
            count += 1
            reason = str((letter.headers or {}).get(REASON, "too many deliveries"))
            if replays:
                channel.basic_publish_confirm(
                    _again(letter, due), exchange="", routing_key=CALLBACK_QUEUE
                )
                channel.basic_ack(letter.delivery_tag)
            sys.stdout.write(
                f"{due.job_id}  {due.type}  {due.progress.attempts} attempts  {reason}\n"
            )
        # The channel is closed: the broker puts all other letters back in their order.
        return count


def dead_callbacks(channel: Channel, job_id: str | None) -> Iterator[tuple[Any, CallbackDue]]:
    """Yield each dead letter of a callback; letters that are not acknowledged stay."""
    left = channel.queue_declare(DEAD_LETTERS, passive=True).message_count
    while left > 0:
        left -= 1
        letter = channel.basic_get(DEAD_LETTERS)
        if letter is None:
            return
        due = _read(letter)
        if due is not None and job_id in (None, due.job_id):
            yield letter, due


def _read(letter: Any) -> CallbackDue | None:
    headers = letter.headers or {}
    # The first death of a callback that was parked is that in the parking queue.
    died_in = [death.get("queue") for death in headers.get("x-death", ())]
    if CALLBACK_QUEUE not in (headers.get(QUEUE), *died_in):
        return None
    try:
        return wire.read(json.loads(letter.body), CallbackDue)
    except (ValueError, InvalidRequest):
        return None


def _again(letter: Any, due: CallbackDue) -> Message:
    """Return the callback with a new schedule; its attempts are counted on."""
    fresh = replace(due, progress=DeliveryProgress(attempts=due.progress.attempts))
    return Message(
        json.dumps(wire.write(fresh)),
        content_type="application/json",
        content_encoding="utf-8",
        delivery_mode=_PERSISTENT,
        application_headers={
            name: value for name, value in letter.headers.items() if name.startswith(PREFIX)
        },
    )


if __name__ == "__main__":
    main()
