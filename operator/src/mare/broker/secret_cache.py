"""A cache of the Secrets that hold connection parameters."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from mare.broker.connection_parameters import ConnectionParameters, parse_secret
from mare.broker.networks import DEFAULT_NETWORKS, BrokerNetworks
from mare.custom_resource.autoscaler import BrokerReference
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused, Clock, NotFound, Unavailable

_REFUSED_SECONDS = 2.0


class Secrets(Protocol):
    async def read(self, namespace: str, name: str) -> Mapping[str, str]:
        """The data of a Secret; raises `NotFound`, `AccessRefused` or `Unavailable`."""


@dataclass(slots=True)
class _Entry:
    parameters: ConnectionParameters | Unknown
    read_at: float


class SecretCache:
    """Reads a Secret every `seconds`, and every 2 s while the broker refuses its credentials.

    `is_refused` returns whether a broker refuses these parameters.
    """

    def __init__(
        self,
        secrets: Secrets,
        clock: Clock,
        seconds: float,
        is_refused: Callable[[ConnectionParameters], bool],
        networks: BrokerNetworks = DEFAULT_NETWORKS,
    ) -> None:
        self._secrets = secrets
        self._clock = clock
        self._seconds = seconds
        self._is_refused = is_refused
        self._networks = networks
        self._entries: dict[BrokerReference, _Entry] = {}

    async def get(self, reference: BrokerReference) -> ConnectionParameters | Unknown:
        """The parameters in a Secret, or why they are unknown.

        While the API server is unavailable, the last parameters stay in use.
        """
        entry, now = self._entries.get(reference), self._clock()
        if entry is not None and now < entry.read_at + self._lifetime(entry.parameters):
            return entry.parameters
        try:
            parameters = await self._read(reference)
        except Unavailable as error:
            unread = Unknown("SecretUnreadable", str(error))
            parameters = unread if entry is None else entry.parameters
        self._entries[reference] = _Entry(parameters, now)
        return parameters

    def _lifetime(self, parameters: ConnectionParameters | Unknown) -> float:
        refused = isinstance(parameters, Unknown) or self._is_refused(parameters)
        return min(_REFUSED_SECONDS, self._seconds) if refused else self._seconds

    async def _read(self, reference: BrokerReference) -> ConnectionParameters | Unknown:
        name = reference.secret_name
        try:
            data = await self._secrets.read(reference.namespace, name)
            return parse_secret(name, data, self._networks)
        except NotFound:
            return Unknown("SecretNotFound", f"Secret {name} does not exist", name)
        except AccessRefused as error:
            return Unknown("SecretRefused", str(error))

    def keep_only(
        self, references: Collection[BrokerReference]
    ) -> Mapping[BrokerReference, ConnectionParameters]:
        """Remove all other entries; return the remaining ones whose parameters are known."""
        self._entries = {key: entry for key, entry in self._entries.items() if key in references}
        return {
            reference: entry.parameters
            for reference, entry in self._entries.items()
            if isinstance(entry.parameters, ConnectionParameters)
        }
