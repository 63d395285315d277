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
    return {key: environ.get(variable, "") for key, variable in FROM_ENVIRONMENT.items()}


def usable(name: str, values: Mapping[str, str]) -> tuple[dict[str, str], str | None]:
    """Return the values of a Secret that are set, and what is wrong with them or None.

    The URIs of kombu and Celery are accepted: `pyamqp://`, and the first of several between `;`.
    """
    given = {key: value for key, value in values.items() if value}
    if "amqp-uri" in given:
        first = given["amqp-uri"].split(";")[0].strip()
        given["amqp-uri"] = first.removeprefix("py") if first.startswith("pyamqp") else first
    try:
        parse_secret(name, encoded(given))
    except AccessRefused as error:
        return given, str(error)  # it contains no value
    return given, None


def encoded(values: Mapping[str, str]) -> dict[str, str]:
    return {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
