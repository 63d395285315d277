"""Everything that can be set, from environment variables; nothing else reads them."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FilePath,
    SecretStr,
    ValidationError,
    model_validator,
)

from mare_nameko.client import AmqpUri, Options, TlsFiles


class SettingsError(Exception):
    """Raised when variables cannot be understood; the text lists every one of them."""


def _known_uri(uri: SecretStr) -> SecretStr:
    return SecretStr(AmqpUri(uri.get_secret_value()))


def _known_limit(limit: str) -> str:
    if limit:
        from limits import parse_many  # noqa: PLC0415 - most gateways do without

        parse_many(limit)
    return limit


Seconds = Annotated[float, Field(gt=0, le=3600)]


class Settings(BaseModel):
    """Settings of the gateway. The secret ones never show in a log or an error."""

    model_config = ConfigDict(
        frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True, extra="ignore"
    )

    amqp_uri: Annotated[SecretStr, AfterValidator(_known_uri)] = Field(
        SecretStr("amqp://guest:guest@127.0.0.1:5672/"), validation_alias="AMQP_URI"
    )
    """Broker; several nodes are separated by semicolons; amqps:// uses TLS."""

    amqp_ca_file: FilePath | None = Field(None, validation_alias="AMQP_CA_FILE")
    """Certificate authorities that the broker's certificate is checked against; default: the
    machine's."""

    amqp_cert_file: FilePath | None = Field(None, validation_alias="AMQP_CERT_FILE")
    """Our own certificate, if the broker asks for one."""

    amqp_key_file: FilePath | None = Field(None, validation_alias="AMQP_KEY_FILE")
    """The key of our own certificate."""

    host: str = Field("127.0.0.1", validation_alias="GATEWAY_HOST")
    """Address to listen on; the default keeps a developer's gateway private, images set 0.0.0.0."""

    port: int = Field(5000, ge=1, le=65535, validation_alias="GATEWAY_PORT")
    """Port to listen on; default 5000."""

    health_port: int = Field(8000, ge=0, le=65535, validation_alias="GATEWAY_HEALTH_PORT")
    """Port of /livez, /readyz and /metrics; 0 takes a free one. Default 8000."""

    processes: int = Field(1, ge=1, le=64, validation_alias="GATEWAY_PROCESSES")
    """Worker processes; default 1. Each has its own connection to the broker."""

    threads: int = Field(48, ge=2, le=1024, validation_alias="GATEWAY_THREADS")
    """Requests that one worker process handles at a time; default 48."""

    max_in_flight: int = Field(40, ge=1, le=1024, validation_alias="GATEWAY_MAX_IN_FLIGHT")
    """Calls that may wait for services in one worker process; more are refused with 503 at once.
    Must be smaller than GATEWAY_THREADS. Default 40."""

    timeout: Seconds = Field(10.0, validation_alias="GATEWAY_TIMEOUT")
    """Deadline of one request, in seconds; default 10."""

    no_consumers_grace: float = Field(
        2.0, ge=0, le=3600, validation_alias="GATEWAY_NO_CONSUMERS_GRACE"
    )
    """Seconds that a call waits for a service without consumers; default 2. With services that an
    autoscaler wakes from zero, set it to their start-up time, and GATEWAY_TIMEOUT above."""

    graceful_timeout: Seconds = Field(30.0, validation_alias="GATEWAY_GRACEFUL_TIMEOUT")
    """Seconds that running requests have to end after SIGTERM; default 30."""

    max_body: int = Field(65536, ge=0, validation_alias="GATEWAY_MAX_BODY")
    """Largest request body in bytes; default 64 KiB."""

    cache_seconds: int = Field(300, ge=0, le=86400, validation_alias="GATEWAY_CACHE_SECONDS")
    """How long clients may keep an answer, in seconds; default 300."""

    rate_limit: Annotated[str, AfterValidator(_known_limit)] = Field(
        "", validation_alias="GATEWAY_RATE_LIMIT"
    )
    """Requests that one client address may make, for example ``60/minute``; default: no limit."""

    rate_limit_storage: SecretStr = Field(
        SecretStr("memory://"), validation_alias="GATEWAY_RATE_LIMIT_STORAGE"
    )
    """Where the counts are kept: ``memory://`` (of each process) or a Redis URI."""

    trusted_proxies: int = Field(0, ge=0, le=10, validation_alias="GATEWAY_TRUSTED_PROXIES")
    """How many proxies in front append to X-Forwarded-For; default 0: the header is ignored."""

    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", validation_alias="LOG_LEVEL"
    )
    """Least severe log lines that are written; default INFO."""

    otlp_endpoint: str = Field("", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    """Traces are sent there (OTLP over HTTP); default: none are made. The OpenTelemetry SDK reads
    this and its other standard variables itself."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Return settings from variables; empty ones count as absent.

        Raises SettingsError with one line for each bad variable, without the values.
        """
        try:
            return cls.model_validate({name: value for name, value in environ.items() if value})
        except ValidationError as error:
            lines = [f"{_variable(problem)}: {problem['msg']}." for problem in error.errors()]
            raise SettingsError("\n".join(lines)) from None

    @model_validator(mode="after")
    def _some_threads_are_left(self) -> Self:
        if self.max_in_flight >= self.threads:
            raise ValueError("GATEWAY_MAX_IN_FLIGHT must be smaller than GATEWAY_THREADS")
        return self

    def rpc_options(self) -> Options:
        return Options(
            amqp_uri=AmqpUri(self.amqp_uri.get_secret_value()),
            tls_files=TlsFiles(
                ca_file=str(self.amqp_ca_file or ""),
                cert_file=str(self.amqp_cert_file or ""),
                key_file=str(self.amqp_key_file or ""),
            ),
            name="gateway",
            max_in_flight=self.max_in_flight,
            no_consumers_grace=self.no_consumers_grace,
        )


def _variable(mistake: Any) -> str:
    return str(mistake["loc"][0]) if mistake["loc"] else "Settings"
