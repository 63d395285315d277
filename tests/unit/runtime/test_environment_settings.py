"""Settings from environment variables."""

from dataclasses import dataclass, field, fields
from typing import ClassVar, Literal

import pytest

from mare_nameko.settings import (
    EnvironmentSettings,
    Secret,
    SettingsError,
    read_settings,
    variable,
    variable_name,
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusive(EnvironmentSettings):
    left: bool = False
    right: list[str] = field(default_factory=list)
    word: Secret = Secret("default")

    def find_mistakes(self):
        if self.left:
            yield "LEFT excludes RIGHT."


def test_values_that_exclude_each_other_are_reported_after_all_others():
    assert Exclusive.from_env({}) == Exclusive(left=False, right=[])
    with pytest.raises(SettingsError, match=r"^LEFT excludes RIGHT\.$"):
        Exclusive.from_env({"LEFT": "true"})


def test_mistakes_of_the_caller_come_after_those_of_the_values():
    with pytest.raises(SettingsError) as refusal:
        read_settings(Demanding, {}, ["A is odd.", "B is odd."])

    assert str(refusal.value) == "X_CITY is not set.\nA is odd.\nB is odd."


def test_an_empty_secret_shows_that_it_is_empty():
    assert (repr(Secret()), repr(Secret("a"))) == ("''", "'***'")


def test_the_names_of_variables_are_those_of_the_fields():
    names = [variable_name(Sample, each) for each in fields(Sample)]

    assert names == ["X_KEY", "X_PORT", "X_RATIO", "X_ENABLED", "X_MODE", "X_NAMES", "AMQP_URI"]


def test_a_value_between_commas_may_have_spaces_and_none_is_empty():
    assert Sample.from_env({"X_NAMES": " a , ,b "}).names == ("a", "b")
