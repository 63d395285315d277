"""The composition root of `mare run`: kopf tells of objects, the loop does the rest."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import kopf

from mare import dashboard, probes
from mare.background import background
from mare.broker.brokers import SecretBrokers
from mare.clock import steady_clock
from mare.cluster.api import Api, connect
from mare.cluster.conflicting_autoscalers import WatchedConflicts
from mare.cluster.objects import GROUP, PLURAL, VERSION, StoredObjects, StoredSecrets
from mare.cluster.workloads import WatchedWorkloads
from mare.custom_resource.autoscaler import Key, read_autoscaler
from mare.leadership import Leadership, LeaseSettings, always
from mare.liveness import standstill
from mare.loop.loop import Loop
from mare.loop.metrics import Metrics
from mare.loop.pace import Pace
from mare.loop.record import Record
from mare.ports import AccessRefused, NotFound, Unavailable
from mare.settings import Settings

_HOUSEKEEPING_SECONDS = 60.0
_FIRST_READ_SECONDS = 5.0
_PAGE = 50
"""Objects in one answer. All of a thousand at once leave 35 MB of holes between what stays."""
_HELD_SECONDS = 0.1
"""How long kopf holds an object after its event; its own 5 s add a page to a page."""
_log = logging.getLogger(__name__)


async def run_operator(settings: Settings, stop: asyncio.Event | None = None) -> None:
    """Run until told to stop by a signal or by `stop`."""
    registry = kopf.OperatorRegistry()
    async with _running(settings) as (loop, ready):
        _register(registry, loop)
        await kopf.operator(
            registry=registry,
            settings=_kopf_settings(),
            standalone=True,
            # kopf would ask for the name of the user, whom a container need not know.
            identity=settings.identity,  # type: ignore[arg-type]  # a NewType it does not export
            clusterwide=not settings.namespaces,
            namespaces=settings.namespaces,
            stop_flag=stop,
            ready_flag=ready,
        )


@asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[tuple[Loop, asyncio.Event]]:
    async with AsyncExitStack() as stack:
        clock = steady_clock()
        client = await stack.enter_async_context(await connect())
        api = Api(client)
        identity = f"{settings.identity}-{uuid4().hex[:8]}"
        brokers = SecretBrokers(
            StoredSecrets(api),
            clock,
            statistics_seconds=settings.statistics_seconds,
            secret_seconds=settings.secret_seconds,
        )
        stack.push_async_callback(brokers.close)
        workloads = WatchedWorkloads(api, cluster_wide=not settings.namespaces)
        stack.push_async_callback(workloads.close)
        objects, conflicts = (
            StoredObjects(api, identity),
            WatchedConflicts(api, settings.namespaces),
        )
        lease = LeaseSettings(
            namespace=settings.lease_namespace,
            name=settings.lease_name,
            identity=identity,
            duration_seconds=settings.lease_seconds,
        )
        # With an Api of its own: who waits for the others' sake would lose the Lease.
        leadership = Leadership(Api(client), lease) if settings.leader_election else None
        record = Record()
        metrics = Metrics(record)
        loop = Loop(
            brokers=brokers,
            workloads=workloads,
            objects=objects,
            conflicts=conflicts,
            leads=leadership or always,
            clock=clock,
            record=record,
            metrics=metrics,
            pace=Pace(shortest=settings.tick_seconds, reads_per_second=settings.reads_per_second),
        )
        ready = asyncio.Event()
        await stack.enter_async_context(
            probes.served(
                settings.host,
                settings.port,
                standstill=lambda: standstill(
                    loop,
                    clock(),
                    election_stands_still=leadership is not None and leadership.stands_still,
                ),
                ready=ready.is_set,
                registry=metrics.registry,
            )
        )
        if settings.dashboard:
            await stack.enter_async_context(
                dashboard.served(
                    settings.dashboard_host,
                    settings.dashboard_port,
                    record=record,
                    ticked_at=lambda: loop.ticked_at,
                    leader=lambda: _leader(leadership, settings),
                    clock=clock,
                    prefix=settings.dashboard_prefix,
                    hosts=settings.dashboard_hosts,
                )
            )
        if leadership is not None:
            await stack.enter_async_context(background(leadership.run()))
        keeping = _keep_house(
            namespaces=settings.namespaces,
            loop=loop,
            objects=objects,
            brokers=brokers,
            workloads=workloads,
        )
        await stack.enter_async_context(background(keeping))
        await stack.enter_async_context(background(conflicts.run()))
        with suppress(TimeoutError):  # nothing is to be changed before others are known
            async with asyncio.timeout(_FIRST_READ_SECONDS):
                await conflicts.wait_until_synced()
        await stack.enter_async_context(background(loop.run()))
        yield loop, ready


def _leader(leadership: Leadership | None, settings: Settings) -> dashboard.Leader:
    """Who acts, by the name of its Pod."""
    if leadership is None:
        return dashboard.Leader(leads=True, name=settings.identity)
    holder = leadership.holder
    return dashboard.Leader(leads=leadership(), name=holder and holder.rpartition("-")[0])


async def _keep_house(
    *,
    namespaces: tuple[str, ...],
    loop: Loop,
    objects: StoredObjects,
    brokers: SecretBrokers,
    workloads: WatchedWorkloads,
) -> None:
    """Forget what nobody refers to, and objects whose end was not told."""
    while True:
        try:
            known = loop.autoscalers
            uids = await objects.uids(namespaces)
            for autoscaler in known:
                if autoscaler.uid not in uids:
                    loop.remove(autoscaler.key)
            await brokers.keep_only(loop.autoscalers)
            workloads.keep_only([each.target for each in loop.autoscalers])
        except (AccessRefused, NotFound, Unavailable) as error:
            _log.warning("Housekeeping failed", extra={"error": str(error)[:512]})
        except Exception:  # noqa: BLE001 - it comes again in a minute
            _log.exception("Housekeeping failed")
        await asyncio.sleep(_HOUSEKEEPING_SECONDS)


def _register(registry: kopf.OperatorRegistry, loop: Loop) -> None:
    """Only what leaves no trace on objects: no finalizers, no annotations."""

    @kopf.on.login(registry=registry)
    def login(**kwargs: Any) -> kopf.ConnectionInfo | None:
        return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
    async def told(type: str | None, body: Mapping[str, Any], **_: Any) -> None:  # noqa: A002
        metadata = body["metadata"]
        key = Key(metadata["namespace"], metadata["name"])
        if type == "DELETED":
            loop.remove(key)
            return
        try:
            loop.put(read_autoscaler(body))
        except (KeyError, TypeError, ValueError):
            _log.exception("Object could not be read", extra={"object": key})


def _kopf_settings() -> kopf.OperatorSettings:
    """Time-outs so that no watch stalls for ever, no scan of the cluster, and little memory."""
    settings = kopf.OperatorSettings()
    settings.watching.chunk_size = _PAGE
    settings.queueing.idle_timeout = _HELD_SECONDS
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 310
    settings.watching.connect_timeout = 10
    settings.networking.request_timeout = 10
    settings.networking.error_backoffs = (0.2, 0.5, 1, 2, 3, 5, 5, 5)
    settings.scanning.disabled = True
    settings.posting.enabled = False
    return settings
