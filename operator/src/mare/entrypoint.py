"""Starts all parts of `mare run`: kopf watches the objects, the loop scales their workloads."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import aiohttp
import kopf

from mare import dashboard, probes
from mare.background import background
from mare.broker.brokers import SecretBrokers
from mare.broker.networks import BrokerNetworks, addresses_of
from mare.clock import SteadyClock
from mare.cluster.api import Api
from mare.cluster.bounded_session import BoundedReads
from mare.cluster.conflicting_autoscalers import WatchedConflicts
from mare.cluster.jobs import WatchedJobs
from mare.cluster.kubeconfig import connect, runs_in_pod
from mare.cluster.metrics_access import MetricsAccess
from mare.cluster.objects import GROUP, PLURAL, VERSION, StoredObjects, StoredSecrets
from mare.cluster.paths import discovery_path
from mare.cluster.targets import WatchedTargets
from mare.cluster.workloads import WatchedWorkloads
from mare.leadership import LeaseSettings
from mare.loop.loop import Loop
from mare.loop.metrics import Metrics
from mare.loop.object_places import ObjectPlaces
from mare.loop.pace import Pace
from mare.loop.record import Record
from mare.memory_limit import memory_limit
from mare.no_diffs import NoDiffs, NoProgress
from mare.ports import ApiError
from mare.settings import Settings
from mare.sharding.leaders import Leaders, elect
from mare.sharding.sharded_loop import ShardedLoop
from mare.sharding.whole_record import WholeRecord
from mare.tenant_scheduler import TenantScheduler
from mare.watch_events import WatchEvents

_HOUSEKEEPING_SECONDS = 60.0
_MAX_SYNC_SECONDS = 5.0
_PAGE = 20
"""Objects in one answer. 1,000 at once fragment the heap by 35 MB, which stay allocated; 50 with a
status exceed the values of a page, and are listed anew in smaller ones."""
_IDLE_SECONDS = 0.1
"""How long kopf keeps a worker for an object; its default of 5 s adds memory for each page."""
_log = logging.getLogger(__name__)


async def run_operator(settings: Settings) -> None:
    registry = kopf.OperatorRegistry()
    async with _running(settings) as (loop, ready):
        _register(registry, loop)
        await kopf.operator(
            registry=registry,
            settings=_kopf_settings(),
            standalone=True,
            # By default kopf looks up the name of the user, which a container may not have.
            identity=settings.identity,  # type: ignore[arg-type]  # a NewType it does not export
            clusterwide=not settings.namespaces,
            namespaces=settings.namespaces,
            ready_flag=ready,
        )


@asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[tuple[ShardedLoop, asyncio.Event]]:
    async with AsyncExitStack() as stack:
        clock = SteadyClock()
        client = await stack.enter_async_context(await connect())
        if not runs_in_pod():
            # A person reads one sentence; kopf retries for 26 s and logs tracebacks.
            await Api(client).request("GET", discovery_path("v1"))
        identity = f"{settings.identity}-{uuid4().hex[:8]}"
        lease = LeaseSettings(
            namespace=settings.lease_namespace,
            name=settings.lease_name,
            identity=identity,
            duration_seconds=settings.lease_seconds,
        )
        # The election has an Api of its own, which does not pause when other requests have to.
        leaders = elect(
            Api(client),
            lease,
            clock,
            shards=settings.shards,
            is_sole=not settings.leader_election,
        )
        scheduler = TenantScheduler(memory_limit())
        api = Api(client, may_write=leaders.may_write, scheduler=scheduler)
        brokers = SecretBrokers(
            StoredSecrets(api, require_label=settings.require_secret_label),
            clock,
            statistics_seconds=settings.statistics_seconds,
            secret_seconds=settings.secret_seconds,
            networks=BrokerNetworks(
                settings.broker_networks,
                await addresses_of(os.environ.get("KUBERNETES_SERVICE_HOST")),
            ),
            scheduler=scheduler,
        )
        stack.push_async_callback(brokers.close)
        cluster_wide = not settings.namespaces
        workloads = WatchedTargets(
            WatchedWorkloads(
                api,
                cluster_wide=cluster_wide,
                marks_pods=settings.mark_pods,
                scheduler=scheduler,
            ),
            WatchedJobs(api, cluster_wide=cluster_wide, scheduler=scheduler),
        )
        stack.push_async_callback(workloads.close)
        objects = StoredObjects(api, identity)
        conflicts = WatchedConflicts(api, settings.namespaces)
        records = [Record(scheduler) for _ in leaders.of_shards]
        metrics = Metrics(*records)
        places = ObjectPlaces(scheduler, settings.namespace_queues)
        loop = ShardedLoop(
            [
                Loop(
                    brokers=brokers,
                    workloads=workloads,
                    objects=objects,
                    conflicts=conflicts,
                    leadership=leadership,
                    clock=clock,
                    record=record,
                    metrics=metrics,
                    pace=Pace(
                        shortest=settings.tick_seconds, reads_per_second=settings.reads_per_second
                    ),
                    namespace_queues=settings.namespace_queues,
                    scheduler=scheduler,
                    places=places,
                    operator=f"{settings.lease_namespace}/{settings.lease_name}",
                )
                for leadership, record in zip(leaders.of_shards, records, strict=True)
            ]
        )
        ready = asyncio.Event()
        await stack.enter_async_context(
            probes.served(
                settings.host,
                settings.port,
                liveness_failure=lambda: probes.find_liveness_failure(
                    loop, clock(), election_stalled=leaders.is_stalled
                ),
                ready=ready.is_set,
                elected=lambda: leaders.are_elected,
                registry=metrics.registry,
                check_access=(
                    MetricsAccess(Api(client), clock).check
                    if settings.metrics_authentication
                    else None
                ),
            )
        )
        if settings.dashboard:
            await stack.enter_async_context(
                dashboard.served(
                    settings.dashboard_host,
                    settings.dashboard_port,
                    record=records[0] if len(records) == 1 else WholeRecord(loop, clock),
                    ticked_at=lambda: loop.ticked_at,
                    leader=lambda: _leader(leaders, settings),
                    clock=clock,
                    prefix=settings.dashboard_prefix,
                    hosts=settings.dashboard_hosts,
                )
            )
        if leaders.election is not None:
            await stack.enter_async_context(background(leaders.election.run()))
        housekeeping = _keep_house(
            namespaces=settings.namespaces,
            loop=loop,
            leaders=leaders,
            objects=objects,
            brokers=brokers,
            workloads=workloads,
        )
        await stack.enter_async_context(background(housekeeping))
        await stack.enter_async_context(background(conflicts.run()))
        with suppress(TimeoutError):  # a workload must not be scaled before its HPA is known
            async with asyncio.timeout(_MAX_SYNC_SECONDS):
                await conflicts.wait_until_synced()
        await stack.enter_async_context(background(loop.run()))
        yield loop, ready


def _leader(leaders: Leaders, settings: Settings) -> dashboard.Leader:
    """Return whether this replica can show all objects, and the names of the Pods that lead."""
    name = settings.identity if leaders.election is None else leaders.names()
    return dashboard.Leader(leads=leaders.shows_all, name=name)


async def _keep_house(
    *,
    namespaces: tuple[str, ...],
    loop: ShardedLoop,
    leaders: Leaders,
    objects: StoredObjects,
    brokers: SecretBrokers,
    workloads: WatchedTargets,
) -> None:
    """Remove deleted objects whose watch event was lost, and what no object refers to."""
    while True:
        try:
            known = loop.autoscalers
            uids = await objects.uids(namespaces)
            for autoscaler in known:
                if autoscaler.uid not in uids:
                    loop.remove(autoscaler.key, autoscaler.uid)
            parts = [
                part for shard, part in enumerate(loop.loops) if not leaders.is_led_elsewhere(shard)
            ]
            await brokers.keep_only(each for part in parts for each in part.autoscalers)
            for part in loop.loops:
                if part not in parts:
                    part.record.clear()
            workloads.keep_only([each.target for each in loop.autoscalers])
        except ApiError as error:
            _log.warning("Housekeeping failed", extra={"error": str(error)[:512]})
        except Exception:  # noqa: BLE001 - it runs again in a minute
            _log.exception("Housekeeping failed")
        await asyncio.sleep(_HOUSEKEEPING_SECONDS)


def _register(registry: kopf.OperatorRegistry, loop: ShardedLoop) -> None:
    """Register event handlers only: they add no finalizer and no annotation to objects."""
    events = WatchEvents(loop)

    @kopf.on.login(registry=registry)
    async def login(**kwargs: Any) -> kopf.AiohttpSession | None:
        found = kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)
        return None if found is None else _bounded_session(found, loop.scheduler)

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
    async def handle(type: str | None, body: Mapping[str, Any], **_: Any) -> None:  # noqa: A002
        events.take(type, body)


def _bounded_session(found: kopf.ConnectionInfo, scheduler: TenantScheduler) -> kopf.AiohttpSession:
    """Return what kopf would open with these credentials, with bounded reads."""
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=found.as_ssl_context()),
        headers=found.as_http_headers(),
        proxy=found.proxy_url,
        trust_env=found.trust_env,
        middlewares=[BoundedReads(_PAGE, scheduler)],
    )
    return kopf.AiohttpSession(
        server=found.server,
        aiohttp_session=session,
        default_namespace=found.default_namespace,
        priority=found.priority,
        expiration=found.expiration,
    )


def _kopf_settings() -> kopf.OperatorSettings:
    """Return settings with time-outs for every request, no scan of the cluster, little memory."""
    settings = kopf.OperatorSettings()
    settings.watching.chunk_size = _PAGE
    settings.queueing.idle_timeout = _IDLE_SECONDS
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 310
    settings.watching.connect_timeout = 10
    settings.networking.request_timeout = 10
    settings.networking.error_backoffs = (0.2, 0.5, 1, 2, 3, 5, 5, 5)
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.persistence.diffbase_storage = NoDiffs()
    settings.persistence.progress_storage = NoProgress()
    return settings
