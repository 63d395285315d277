"""Environment variables of rendered containers, and those that the programs know."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from mare.settings import variables as operator_variables
from mare_gateway.events.settings import Settings as EventsSettings
from mare_gateway.settings import Settings as GatewaySettings
from mare_nameko.service.settings import Settings as RuntimeSettings
from mare_nameko.settings import EnvironmentSettings, variable_name
from mare_services.jobs.settings import Settings as JobsSettings
from mare_services.music.settings import Settings as MusicSettings
from mare_services.playlists.settings import Settings as PlaylistsSettings
from mare_services.weather.settings import Settings as WeatherSettings
from mare_services.webhooks.settings import Settings as WebhooksSettings

OPERATOR = set(operator_variables())


def _variables(kind: type[EnvironmentSettings]) -> set[str]:
    return {variable_name(kind, field) for field in dataclasses.fields(kind)}  # type: ignore[arg-type]


RUNTIME = _variables(RuntimeSettings)
GATEWAY = _variables(GatewaySettings)
EVENTS = _variables(EventsSettings)
SERVICES = {
    "weather": RUNTIME | _variables(WeatherSettings),
    "music": RUNTIME | _variables(MusicSettings),
    "jobs": RUNTIME | _variables(JobsSettings),
    "webhooks": RUNTIME | _variables(WebhooksSettings),
    "playlists": RUNTIME | _variables(PlaylistsSettings),
}


def containers(workload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The containers of a Pod or of whatever has a template of one."""
    spec = workload["spec"]
    pod = spec.get("template", {}).get("spec") or spec
    yield from pod.get("initContainers", ())
    yield from pod["containers"]


def variables(container: Mapping[str, Any]) -> dict[str, str | None]:
    """Their values; None for those that come from elsewhere."""
    return {each["name"]: each.get("value") for each in container.get("env", ())}
