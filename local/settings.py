"""The environment variables of ``make run``."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from mare_gateway.settings import is_local_host
from mare_nameko.settings import EnvironmentSettings, Secret, variable

PID_FILE = "pid"
"""File in `RUN_FOLDER` with the number of the process, for `make load`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(EnvironmentSettings):
    """Settings of ``make run``. Services and gateway inherit all other variables."""

    amqp_uri: Secret = variable("AMQP_URI", default=Secret())
    """The broker. Empty: a private one is started."""

    gateway_port: Annotated[int, Meta(ge=1, le=65535)] = variable("GATEWAY_PORT", default=5000)
    """Port of the gateway."""

    jobs_store: Secret = variable("JOBS_STORE", default=Secret())
    """Store of the jobs. Empty: an SQLite file in `RUN_FOLDER`."""

    webhooks_secrets: Secret = variable("WEBHOOKS_SECRETS", default=Secret())
    """Secrets that sign callbacks. Empty: one is made and kept in `RUN_FOLDER`."""

    gateway_host: str = variable("GATEWAY_HOST", default="127.0.0.1")
    """Address to listen on."""

    webhooks_allow_localhost: bool = variable("WEBHOOKS_ALLOW_LOCALHOST", default=True)
    """Whether callbacks may go to this machine. They never do if others can connect to
    `GATEWAY_HOST`: the results would show them which ports are open here."""

    folder: str = variable("RUN_FOLDER", default=".cache/run")
    """Folder of the log files, the store of jobs and the secret of callbacks."""

    file: str = variable("RUN_FILE", default="")
    """Commands and their autoscaling. Empty: `local/stack.yaml`."""

    @property
    def sends_local_callbacks(self) -> bool:
        return self.webhooks_allow_localhost and is_local_host(self.gateway_host)
