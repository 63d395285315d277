"""What a TLS connection to a broker keeps, and what a peer can send without any data."""

import asyncio
import itertools
import ssl
import time
import tracemalloc

import pytest
import trustme

from mare.broker.amqp_connection import SharedConnection
from mare.broker.bounded_tls import BUFFER_BYTES, client_context
from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.http_client import BrokerHttpClient
from mare.broker.networks import ANY_NETWORK
from mare.tenant_lines import OverBudget, Work
from mare.tenant_scheduler import HANDSHAKES, Tenant, TenantScheduler
from tests.unit.operator_broker.statistics_server import FakeServer, serve

AUTHORITY = trustme.CA()
CERTIFICATE = AUTHORITY.issue_cert("127.0.0.1")


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CERTIFICATE.configure_cert(context)
    return context


def parameters(tenant: Tenant | None = None, **fields: str) -> ConnectionParameters:
    return ConnectionParameters(
        ca_certificate=AUTHORITY.cert_pem.bytes().decode(),
        networks=ANY_NETWORK,
        tenant=tenant or TenantScheduler().of("shop"),
        **fields,
    )


def get(context: ssl.SSLContext, tenant: Tenant | None = None) -> bytes:
    """The answer of a server with this context."""

    async def request(uri: str) -> bytes:
        client = BrokerHttpClient(uri, parameters(tenant), "it", 2**20)
        try:
            return bytes(await client.get("/", {}))
        finally:
            await client.close()

    with serve(FakeServer(tls=context)) as server:
        return asyncio.run(request(server.uri))


def test_tickets_without_data_end_the_connection():
    context = server_context()
    assert get(context) == b"[]"
    context.num_tickets = 1_000
    with pytest.raises(OSError, match="cannot be reached"):
        get(context)


def test_a_long_chain_of_certificates_is_not_verified(tmp_path):
    context = server_context()
    leaf, file = CERTIFICATE.cert_chain_pems[0].bytes(), tmp_path / "chain.pem"
    for copies, is_refused in ((10, False), (80, True)):
        file.write_bytes(leaf + AUTHORITY.cert_pem.bytes() * copies)
        context.load_cert_chain(file, write_key(tmp_path))
        if is_refused:
            with pytest.raises(OSError, match="cannot be reached"):
                get(context)
        else:
            assert get(context) == b"[]"


def write_key(folder):
    CERTIFICATE.private_key_pem.write_to_path(folder / "key.pem")
    return folder / "key.pem"


class Counting(TenantScheduler):
    seconds = 0.0
    """Of handshakes."""

    def spend(self, work: Work, namespace: str, cost: float) -> None:
        self.seconds += cost if work is HANDSHAKES else 0
        super().spend(work, namespace, cost)


def test_handshakes_take_processor_time_of_their_namespace():
    scheduler = Counting()
    assert get(server_context(), scheduler.of("shop")) == b"[]"
    assert scheduler.seconds > 0


def test_a_namespace_has_processor_time_for_few_slow_handshakes_at_once(monkeypatch):
    """64 that a broker answers at the same time took 10 s of the event loop, and a Lease has 3."""
    clock, scheduler = itertools.count(step=0.15), Counting()  # each step of a handshake takes it
    monkeypatch.setattr(time, "thread_time", lambda: next(clock))

    async def timeline(uri: str) -> list[bytearray | BaseException]:
        found = parameters(scheduler.of("shop"))
        clients = [BrokerHttpClient(uri, found, "it", 2**20) for _ in range(64)]
        answers = (each.get("/", {}) for each in clients)
        try:
            return await asyncio.gather(*answers, return_exceptions=True)
        finally:
            for each in clients:
                await each.close()

    with serve(FakeServer(tls=server_context())) as server:
        begun = time.monotonic()
        answers = asyncio.run(timeline(server.uri))
        passed = time.monotonic() - begun
    assert scheduler.seconds < 2 + 0.2 * passed + 2 * 0.15
    assert any(isinstance(each, OverBudget) for each in answers)


@pytest.mark.parametrize("scheme", ["amqps", "https"])
def test_a_namespace_opens_a_tls_connection_only_with_processor_time_for_it(scheme):
    """2 s at once, then 0.2 s a second."""

    async def timeline(monkeypatch: pytest.MonkeyPatch) -> None:
        loop, scheduler = asyncio.get_running_loop(), TenantScheduler()
        found = parameters(scheduler.of("shop"), amqp_uri=f"{scheme}://127.0.0.1:1/")
        client = BrokerHttpClient(found.amqp_uri or "", found, "it", 2**20)
        is_over = []
        for second, spent in ((0, 1.9), (0, 0.3), (0.9, 0), (1.1, 0)):
            monkeypatch.setattr(loop, "time", lambda now=now + second: now)
            scheduler.spend(HANDSHAKES, "shop", spent)
            with pytest.raises((OSError, OverBudget)) as error:
                await (client.get("/", {}) if scheme == "https" else SharedConnection(found).get())
            is_over.append("shop is over its limit of processor time" in str(error.value))
        await client.close()
        assert is_over == [False, True, True, False]

    now = time.monotonic()
    with pytest.MonkeyPatch.context() as monkeypatch:
        asyncio.run(timeline(monkeypatch))


def test_an_idle_connection_keeps_little():
    async def timeline() -> int:
        async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        context = client_context(AUTHORITY.cert_pem.bytes().decode())
        server = await asyncio.start_server(wait, "127.0.0.1", 0, ssl=server_context())
        port = server.sockets[0].getsockname()[1]
        tracemalloc.start()
        streams = [await asyncio.open_connection("127.0.0.1", port, ssl=context) for _ in range(5)]
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        limits = streams[0][1].transport.get_read_buffer_limits()  # type: ignore[attr-defined]
        assert max(limits) == 2 * BUFFER_BYTES
        for _, writer in streams:
            writer.close()
        server.close()
        return kept // len(streams)

    assert asyncio.run(timeline()) < 120_000  # of both sides; 600,000 with the buffers of asyncio


def test_a_context_is_like_that_of_python():
    usual, bounded = ssl.create_default_context(), client_context(None)
    assert bounded.verify_flags == usual.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN
    for setting in ("verify_mode", "check_hostname", "minimum_version"):
        assert getattr(bounded, setting) == getattr(usual, setting)
    assert bounded.options == usual.options | ssl.OP_NO_RENEGOTIATION
    assert bounded.cert_store_stats() == usual.cert_store_stats()


def test_the_broker_chooses_no_prime_of_a_key_exchange():
    """A prime of 10,000 bits took 0.9 s."""
    exchanges = {each["kea"] for each in parameters().ssl_context().get_ciphers()}
    assert "kx-ecdhe" in exchanges
    assert exchanges <= {"kx-ecdhe", "kx-any"}  # TLS 1.3 has groups of known primes
