"""What can be told to ``make run``, as environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from mare_nameko.settings import EnvironmentSettings, Secret, variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(EnvironmentSettings):
    """All other variables go to the services and the gateway as they are."""

    amqp_uri: Secret = variable("AMQP_URI", default=Secret())
    """``AMQP_URI``: a broker to use as it is; default: a private one is started."""

    gateway_port: Annotated[int, Meta(ge=1, le=65535)] = variable("GATEWAY_PORT", default=5000)
    """``GATEWAY_PORT``: TCP port of the gateway on this machine; default 5000."""

    folder: str = variable("RUN_FOLDER", default=".cache/run")
    """``RUN_FOLDER``: folder of the log files; default ``.cache/run``."""

    file: str = variable("RUN_FILE", default="")
    """``RUN_FILE``: the commands and their autoscaling; default ``local/stack.yaml``."""


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for what is expensive to make, in the user's cache."""
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "mare")
