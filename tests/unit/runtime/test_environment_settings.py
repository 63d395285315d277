"""Settings from environment variables."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import pytest

from mare_nameko.settings import EnvironmentSettings, Secret, SettingsError, variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample(EnvironmentSettings):
    prefix: ClassVar[str] = "X_"

    key: Secret = Secret()
    port: int = 8000
    ratio: float = 0.5
    enabled: bool = True
    mode: Literal["auto", "embedded"] = "auto"
    names: tuple[str, ...] = ()
    uri: str = variable("AMQP_URI", default="amqp://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demanding(EnvironmentSettings):
    prefix: ClassVar[str] = "X_"

    city: str


def test_absent_and_empty_variables_leave_the_default():
    assert Sample.from_env({"X_PORT": ""}) == Sample()


def test_each_type_is_converted():
    environ = {
        "X_KEY": "s3cret",
        "X_PORT": "9000",
        "X_RATIO": "2",
        "X_ENABLED": "false",
        "X_MODE": "embedded",
        "X_NAMES": "open-meteo, met.no",
        "AMQP_URI": "amqps://broker",
    }

    assert Sample.from_env(environ) == Sample(
        key=Secret("s3cret"), port=9000, ratio=2.0, enabled=False, mode="embedded",
        names=("open-meteo", "met.no"), uri="amqps://broker",
    )  # fmt: skip


def test_all_mistakes_are_reported_at_once():
    with pytest.raises(SettingsError) as failure:
        Sample.from_env({"X_PORT": "many", "X_MODE": "manual", "X_RATIO": "1"})

    assert "X_PORT='many'" in str(failure.value)
    assert "X_MODE='manual'" in str(failure.value)
    assert "X_RATIO" not in str(failure.value)


def test_a_missing_required_variable_is_named():
    with pytest.raises(SettingsError, match="X_CITY is not set"):
        Demanding.from_env({})


def test_a_secret_does_not_show():
    assert "s3cret" not in repr(Sample.from_env({"X_KEY": "s3cret"}))
