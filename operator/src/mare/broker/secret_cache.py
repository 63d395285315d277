"""The ways into brokers, found by Secret and looked at again now and then."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from mare.broker.connection_parameters import ConnectionParameters, parse_secret
from mare.custom_resource.autoscaler import BrokerReference
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused, Clock, NotFound, Unavailable

_REFUSED_SECONDS = 2.0


class Secrets(Protocol):
    async def read(self, namespace: str, name: str) -> Mapping[str, str]:
        """The data of a Secret; raises `NotFound`, `AccessRefused` or `Unavailable`."""


@dataclass(slots=True)
class _Known:
    """What a reference led to, and when it was looked at."""

    access: ConnectionParameters | Unknown
    at: float


class SecretCache:
    """A Secret is read again every `seconds`, and soon if the broker that it leads to refuses us.

    `refuses` says whether it does.
    """

    def __init__(
        self,
        secrets: Secrets,
        clock: Clock,
        seconds: float,
        refuses: Callable[[ConnectionParameters], bool],
    ) -> None:
        self._secrets = secrets
        self._clock = clock
        self._seconds = seconds
        self._refuses = refuses
        self._known: dict[BrokerReference, _Known] = {}

    async def of(self, reference: BrokerReference) -> ConnectionParameters | Unknown:
        known, now = self._known.get(reference), self._clock()
        if known is not None and now < known.at + self._pause(known.access):
            return known.access
        try:
            access = await self._read(reference)
        except Unavailable as error:
            access = Unknown("SecretUnreadable", str(error)) if known is None else known.access
        self._known[reference] = _Known(access, now)
        return access

    def _pause(self, access: ConnectionParameters | Unknown) -> float:
        refused = isinstance(access, Unknown) or self._refuses(access)
        return min(_REFUSED_SECONDS, self._seconds) if refused else self._seconds

    async def _read(self, reference: BrokerReference) -> ConnectionParameters | Unknown:
        name = reference.secret_name
        try:
            return parse_secret(name, await self._secrets.read(reference.namespace, name))
        except NotFound:
            return Unknown("SecretNotFound", f"Secret {name} does not exist", name)
        except AccessRefused as error:
            return Unknown("SecretRefused", str(error))

    def keep_only(
        self, references: Collection[BrokerReference]
    ) -> Mapping[BrokerReference, ConnectionParameters]:
        """Forget all others; return what is left and leads to a broker."""
        self._known = {each: known for each, known in self._known.items() if each in references}
        return {
            reference: known.access
            for reference, known in self._known.items()
            if isinstance(known.access, ConnectionParameters)
        }


def without_vhost(access: ConnectionParameters) -> ConnectionParameters:
    return replace(access, vhost="")
