"""A cache of the Secrets that hold connection parameters."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from mare.broker.connection_parameters import (
    Certificates,
    ConnectionParameters,
    parse_secret,
)
from mare.broker.networks import DEFAULT_NETWORKS, BrokerNetworks
from mare.custom_resource.autoscaler import BrokerReference
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused, Clock, InvalidName, NotFound, Unavailable
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import CERTIFICATES, SECRET_CHARACTERS, SECRET_READS, TenantScheduler

_FIRST_PAUSE = 2.0


class Secrets(Protocol):
    async def read(self, namespace: str, name: str) -> Mapping[str, str]:
        """Return the data of a Secret; raises an `ApiError`."""


@dataclass(slots=True)
class _Entry:
    parameters: ConnectionParameters | Unknown
    read_at: float
    pause: float = _FIRST_PAUSE
    """Seconds until a refused Secret is read again."""


@dataclass(eq=False)
class SecretCache:
    """Reads a Secret every `seconds`, and sooner while it is missing or refused.

    Such a Secret is read again after 2 s, and then after twice as long each time that it has not
    changed. `is_refused` returns whether a broker refuses these parameters.
    """

    secrets: Secrets
    clock: Clock
    seconds: float
    is_refused: Callable[[ConnectionParameters], bool]
    networks: BrokerNetworks = DEFAULT_NETWORKS
    scheduler: TenantScheduler = field(default_factory=TenantScheduler)
    _entries: dict[BrokerReference, _Entry] = field(default_factory=dict, init=False)
    _certificates: Counter[tuple[str, Certificates]] = field(default_factory=Counter, init=False)
    """Entries of a namespace with the same certificates."""

    async def get(self, reference: BrokerReference) -> ConnectionParameters | Unknown:
        """Return the last parameters that could be read from a Secret, or why they are unknown."""
        entry, now = self._entries.get(reference), self.clock()
        if entry is not None and now < entry.read_at + self._lifetime(entry):
            return entry.parameters
        try:
            async with self.scheduler.turn(SECRET_READS, reference.namespace):
                parameters = await self._read(reference)
        except OverBudget as error:
            parameters = error.why if entry is None else entry.parameters
        except Unavailable as error:
            unread = Unknown("SecretUnreadable", str(error))
            parameters = unread if entry is None else entry.parameters
        return self._put(reference, parameters, now)

    def _put(
        self, reference: BrokerReference, parameters: ConnectionParameters | Unknown, now: float
    ) -> ConnectionParameters | Unknown:
        """Replace an entry; the parameters are unknown if the namespace has too many already."""
        entry = self._entries.get(reference)
        if entry is not None and entry.parameters == parameters:
            is_refused = self._is_refused(parameters)
            entry.pause = min(2 * entry.pause, self.seconds) if is_refused else _FIRST_PAUSE
            entry.read_at = now
            return entry.parameters
        if entry is not None:
            self._hold(reference, entry.parameters, -1)
        try:
            self._hold(reference, parameters, 1)
        except OverBudget as error:
            parameters = error.why
        self._entries[reference] = _Entry(parameters, now)
        return parameters

    def _hold(
        self, reference: BrokerReference, parameters: ConnectionParameters | Unknown, sign: int
    ) -> None:
        """Count what the namespace keeps, or no longer keeps; raise `OverBudget`."""
        if isinstance(parameters, Unknown):
            return
        namespace, certificates = reference.namespace, parameters.certificates
        tenant, key = self.scheduler.of(namespace), (namespace, certificates)
        tenant.hold(SECRET_CHARACTERS, sign * parameters.characters)
        if not any(certificates):
            return
        is_other = self._certificates[key] == (0 if sign > 0 else 1)
        if is_other:
            try:
                tenant.hold(CERTIFICATES, sign)
            except OverBudget:
                tenant.hold(SECRET_CHARACTERS, -parameters.characters)
                raise
        self._certificates[key] += sign
        if not self._certificates[key]:
            del self._certificates[key]

    def _lifetime(self, entry: _Entry) -> float:
        is_refused = self._is_refused(entry.parameters)
        return min(entry.pause, self.seconds) if is_refused else self.seconds

    def _is_refused(self, parameters: ConnectionParameters | Unknown) -> bool:
        return isinstance(parameters, Unknown) or self.is_refused(parameters)

    async def _read(self, reference: BrokerReference) -> ConnectionParameters | Unknown:
        name = reference.secret_name
        try:
            data = await self.secrets.read(reference.namespace, name)
        except NotFound:
            return Unknown("SecretNotFound", f"Secret {name} does not exist", name)
        except (AccessRefused, InvalidName) as error:
            return Unknown("SecretRefused", str(error))
        try:
            tenant = self.scheduler.of(reference.namespace)
            return parse_secret(
                name,
                data,
                self.networks,
                reference.uri_key,
                tenant,
                part_keys=dict(reference.part_keys),
            )
        except AccessRefused as error:
            return Unknown("SecretInvalid", str(error), name)

    def keep_only(
        self, references: Collection[BrokerReference]
    ) -> Mapping[BrokerReference, ConnectionParameters]:
        """Remove all other entries; return the remaining ones whose parameters are known."""
        for key in [key for key in self._entries if key not in references]:
            self._hold(key, self._entries.pop(key).parameters, -1)
        return {
            reference: entry.parameters
            for reference, entry in self._entries.items()
            if isinstance(entry.parameters, ConnectionParameters)
        }
