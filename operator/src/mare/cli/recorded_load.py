"""Gets the recorded load of an object from the operator's dashboard."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import quote

import aiohttp
import click

from mare.cluster.leader_dashboard import leader_dashboard
from mare.cluster.object_reader import Unreadable

_TIMEOUT = aiohttp.ClientTimeout(total=30)


class _Address(click.ParamType[str]):
    name = "url"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return a URL that ends in a slash. A port is one of this machine."""
        url = f"http://127.0.0.1:{value}" if value.isdecimal() else value
        if not url.startswith(("http://", "https://")):
            self.fail("write a URL such as http://127.0.0.1:8081/, or a port", param, ctx)
        return url.rstrip("/") + "/"


def source_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where an object is."""
    for option in (
        click.option(
            "--dashboard",
            type=_Address(),
            help="URL or port of a dashboard; default: that of the operator in the cluster.",
        ),
        click.option("--context", help="Context of the kubeconfig; default: the current one."),
        click.option("-n", "--namespace", help="Namespace of the object; default: the context's."),
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Source:
    """An object, and where its load is recorded."""

    name: str
    namespace: str | None
    context: str | None
    dashboard: str | None
    """The URL of a dashboard; None finds that of the operator in the cluster."""

    async def load(self, last: int | None) -> str:
        """Return the recorded load of the last seconds, at most a day, as a scenario.

        Raises `Unreadable` with what to do.
        """
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession(timeout=_TIMEOUT))
            if self.dashboard is None:
                opened = leader_dashboard(self.name, self.namespace, self.context)
                url, namespace = await stack.enter_async_context(opened)
            else:
                url = self.dashboard
                namespace = self.namespace or await self._found(session, url)
            path = "/".join(quote(each, safe="") for each in (namespace, self.name))
            query = {} if last is None else {"seconds": str(last)}
            answer = await _get(session, f"{url}api/objects/{path}/load", query)
            return await answer.text()

    async def _found(self, session: aiohttp.ClientSession, url: str) -> str:
        """Return the namespace of the only object with the name."""
        objects = (await _json(session, f"{url}api/state"))["objects"]
        namespaces = [each["namespace"] for each in objects if each["name"] == self.name]
        if len(namespaces) == 1:
            return str(namespaces[0])
        if namespaces:
            several = ", ".join(sorted(namespaces))
            raise Unreadable(f"several namespaces have a {self.name}: give -n ({several})")
        names = sorted({each["name"] for each in objects})
        near = get_close_matches(self.name, names, 1)
        hint = (
            f"Did you mean {near[0]}?" if near else f"It shows: {', '.join(names[:20]) or 'none'}"
        )
        raise Unreadable(f"the dashboard at {url} has no QueueAutoscaler {self.name}. {hint}")


async def _json(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    answer = await _get(session, url)
    try:
        found: dict[str, Any] = await answer.json()
    except (aiohttp.ContentTypeError, ValueError) as error:
        raise Unreadable(_no_dashboard(answer)) from error
    return found


async def _get(
    session: aiohttp.ClientSession, url: str, query: Mapping[str, str] | None = None
) -> aiohttp.ClientResponse:
    try:
        async with session.get(url, params=query) as answer:
            await answer.read()
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        cause = str(error) or type(error).__name__
        raise Unreadable(f"the dashboard does not answer ({cause}): check --dashboard") from error
    if answer.ok:
        return answer
    raise Unreadable(await _problem(answer))


async def _problem(answer: aiohttp.ClientResponse) -> str:
    try:
        error: dict[str, Any] = (await answer.json())["error"]
    except (aiohttp.ContentTypeError, ValueError, KeyError, TypeError):
        return _no_dashboard(answer)
    return str(error["message"])


def _no_dashboard(answer: aiohttp.ClientResponse) -> str:
    return f"{answer.url.origin()} is no dashboard of Maré: check --dashboard"
