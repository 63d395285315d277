"""`mare explain`: explains the replicas of a workload from its stored object."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TextIO

import click

from mare.cluster.object_reader import Unreadable, read_stored
from mare.cluster.operator_lease import lease_of, read_leader
from mare.custom_resource.status_values import instant
from mare.documents.tree import InputError, read_text
from mare.explanation import data, text
from mare.explanation.constraint import Verdict, verdict_of
from mare.explanation.explained import NothingRecorded, at, oldest
from mare.explanation.explained import explain as explain_object
from mare.explanation.files import read_object
from mare.explanation.leading import NO_LEASE, Leading, Renewal, Unread
from mare.explanation.recurring import recurring_data, recurring_text
from mare.explanation.stored import recorded, written_at


class Moment(click.ParamType[float]):
    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Parse RFC 3339; a time without a zone is local time."""
        try:
            return datetime.fromisoformat(value).timestamp()
        except ValueError:
            self.fail("write a time such as 2026-01-31T12:00:00Z", param, ctx)


@click.command
@click.argument("name", required=False)
@click.option("-n", "--namespace", help="Namespace of the object; default: the context's.")
@click.option("--context", help="Context of the kubeconfig; default: the current one.")
@click.option(
    "-f",
    "--file",
    type=click.File(encoding="utf-8"),
    help="Read the object from YAML instead of a cluster; - is stdin.",
)
@click.option("--at", "moment", type=Moment(), help="The decision in force at this time.")
@click.option("--forecast", is_flag=True, help="List the loads that come back, and when.")
@click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def explain(
    name: str | None,
    *,
    namespace: str | None,
    context: str | None,
    file: TextIO | None,
    moment: float | None,
    forecast: bool,
    output: str,
) -> None:
    """Explain the replicas of the workload of the QueueAutoscaler NAME.

    Reads the object: the last decision with its trace, and the decisions before it. The right to
    get the object is enough; with the right to get the operator's Lease, a missing leader is
    reported. Current values are on the operator's dashboard. A file is explained as of the time at
    which its status was written.

    Exit code 0: on target. 3: limited. 4: unknown. 1: unable to scale, or an error.
    """
    try:
        if file is not None:
            body = read_object(read_text(file), file.name, name, namespace)
        elif name is None:
            raise click.UsageError("Give the NAME of a QueueAutoscaler, or -f FILE.")
        else:
            body = asyncio.run(read_stored(name, namespace, context))
        if forecast:
            known_at = written_at(body) if file else time.time()
            output_text, code = _list_recurring(body, known_at, output), 0
        elif moment is not None:
            output_text, code = _explain_at(body, moment, output)
        else:
            judged_at = written_at(body) if file else time.time()
            leading = NO_LEASE if file else _leading(body, context)
            output_text, code = _explain(body, judged_at, leading, output)
    except (InputError, Unreadable) as error:
        raise click.ClickException(str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        reason = "the status has a format that this version does not know"
        raise click.ClickException(f"{reason} ({type(error).__name__}: {error})") from error
    click.echo(output_text, nl=False, color=False if os.environ.get("NO_COLOR") else None)
    sys.exit(code)


def _list_recurring(body: Mapping[str, Any], now: float, output: str) -> str:
    if output == "json":
        return _json(recurring_data(body, now))
    return recurring_text(body, now)


def _explain(
    body: Mapping[str, Any], judged_at: float, leading: Leading, output: str
) -> tuple[str, int]:
    explained = explain_object(body, judged_at, leading)
    shown = _json(data.data(explained)) if output == "json" else text.text(explained, time.time())
    return shown, verdict_of(explained.facts).exit_code


def _leading(body: Mapping[str, Any], context: str | None) -> Leading:
    """Return when the leader of the object renewed its Lease, or why that is unknown."""
    try:
        leader = asyncio.run(read_leader(body, context))
    except Unreadable as error:
        return Unread(str(error))
    lease = "/".join(lease_of(body))
    return Renewal(lease, leader.renewed, leader.pod, leader.shard, leader.has_lease)


def _explain_at(body: Mapping[str, Any], moment: float, output: str) -> tuple[str, int]:
    """Return output and exit code for a past decision."""
    name, decisions = body["metadata"]["name"], recorded(body)
    try:
        past = at(decisions, moment)
    except NothingRecorded as error:
        nothing = f"Nothing is recorded of {name} at {instant(moment)}"
        click.echo(
            f"{nothing}: {error}; its Events and the operator's log may go further back.", err=True
        )
        return "", Verdict.UNKNOWN.exit_code
    if output == "json":
        return _json(data.data_at(past)), 0
    return text.text_at(past, name, oldest(decisions)), 0


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
