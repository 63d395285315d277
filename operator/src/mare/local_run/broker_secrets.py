"""Replacements for the Secrets that `brokerRef` names."""

import base64
from collections.abc import Mapping

from mare.broker.connection_parameters import parse_secret
from mare.ports import AccessRefused, NotFound

FROM_ENVIRONMENT = {
    "amqp-uri": "AMQP_URI",
    "management-uri": "MANAGEMENT_URI",
    "prometheus-uri": "PROMETHEUS_URI",
}
"""The keys of a Secret, and the variables used for a Secret that the file does not define."""


class StaticSecrets:
    """Implements `mare.broker.secret_cache.Secrets` with fixed values."""

    def __init__(self, values: Mapping[str, Mapping[str, str]]) -> None:
        self._values = values

    async def read(self, namespace: str, name: str) -> Mapping[str, str]:  # noqa: ARG002
        if name not in self._values:
            raise NotFound(f"Secret {name} is not defined")
        return encoded(self._values[name])


def from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        key: environ[variable]
        for key, variable in FROM_ENVIRONMENT.items()
        if environ.get(variable)
    }


def normalize(values: Mapping[str, str]) -> dict[str, str]:
    """Accept the URIs of kombu and Celery: `pyamqp://`, and the first of several between `;`."""
    read = dict(values)
    if "amqp-uri" in read:
        first = read["amqp-uri"].split(";")[0].strip()
        read["amqp-uri"] = first.removeprefix("py") if first.startswith("pyamqp") else first
    return read


def error_in(name: str, values: Mapping[str, str]) -> str | None:
    """Return what is wrong with the values of a Secret, or None. The text contains no value."""
    try:
        parse_secret(name, encoded(values))
    except AccessRefused as error:
        return str(error)
    return None


def encoded(values: Mapping[str, str]) -> dict[str, str]:
    return {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
