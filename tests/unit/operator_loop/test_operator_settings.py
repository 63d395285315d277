"""The operator's environment variables."""

import dataclasses

import pytest

from mare.settings import Settings, SettingsError, variables


def test_without_variables_the_whole_cluster_is_watched():
    settings = Settings.from_env({})

    assert settings.namespaces == ()
    assert settings.leader_election is True
    assert settings.tick_seconds == 0.25
    assert settings.lease_seconds == 3.5


def test_variables_are_read():
    settings = Settings.from_env(
        {
            "MARE_NAMESPACES": "a, b",
            "MARE_LEADER_ELECTION": "false",
            "MARE_PORT": "0",
            "MARE_LEASE_SECONDS": "15",
        }
    )

    assert settings.namespaces == ("a", "b")
    assert settings.leader_election is False
    assert settings.port == 0
    assert settings.lease_seconds == 15


def test_an_error_names_all_wrong_variables():
    with pytest.raises(SettingsError) as error:
        Settings.from_env(
            {
                "MARE_PORT": "x",
                "MARE_TICK_SECONDS": "9",
                "LOG_LEVEL": "loud",
                "MARE_NAMESPACES": "a",
            }
        )
    assert {line.split("=")[0] for line in str(error.value).splitlines()} == {
        "MARE_PORT",
        "MARE_TICK_SECONDS",
        "LOG_LEVEL",
    }


def test_the_dashboard_has_settings():
    settings = Settings.from_env(
        {
            "MARE_DASHBOARD": "false",
            "MARE_DASHBOARD_PORT": "9",
            "MARE_DASHBOARD_PREFIX": "tides/mare/",
            "MARE_DASHBOARD_HOSTS": "mare.example, mare.test",
        }
    )

    assert Settings.from_env({}).dashboard is True
    assert Settings.from_env({}).dashboard_host == "127.0.0.1"
    assert settings.dashboard is False
    assert settings.dashboard_port == 9
    assert settings.dashboard_prefix == "/tides/mare"
    assert settings.dashboard_hosts == ("mare.example", "mare.test")


@pytest.mark.parametrize("prefix", ["/a b", "/../x?y", "/{path}", "/é"])
def test_a_dashboard_prefix_has_to_be_a_path(prefix):
    with pytest.raises(SettingsError, match="MARE_DASHBOARD_PREFIX"):
        Settings.from_env({"MARE_DASHBOARD_PREFIX": prefix})


def test_an_empty_variable_counts_as_absent():
    assert Settings.from_env({"MARE_PORT": " ", "POD_NAME": ""}) == Settings.from_env({})


def test_every_variable_has_a_name_of_its_own():
    assert len(set(variables())) == len(dataclasses.fields(Settings)) == len(variables())


@pytest.mark.parametrize(
    ("text", "expected"), [("True", True), ("yes", True), ("0", False), ("off", False)]
)
def test_a_switch_may_be_written_in_several_ways(text, expected):
    assert Settings.from_env({"MARE_MARK_PODS": text}).mark_pods is expected


def test_an_error_names_what_is_allowed():
    with pytest.raises(SettingsError) as error:
        Settings.from_env({"MARE_MARK_PODS": "maybe", "LOG_LEVEL": "loud"})

    assert str(error.value).splitlines() == [
        "MARE_MARK_PODS='maybe': use true or false",
        "LOG_LEVEL='loud': use one of DEBUG, INFO, WARNING, ERROR",
    ]
    assert Settings.from_env({"LOG_LEVEL": "debug"}).log_level == "DEBUG"
