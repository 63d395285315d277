"""The operator's environment variables."""

import dataclasses

import pytest

from mare.settings import Settings, SettingsError, variables


def test_variables_are_read():
    read = Settings.from_env(
        {
            "MARE_NAMESPACES": "a, b",
            "MARE_LEADER_ELECTION": "false",
            "MARE_PORT": "0",
            "MARE_LEASE_SECONDS": "15",
            "MARE_DASHBOARD": "false",
            "MARE_DASHBOARD_PREFIX": "tides/mare/",
            "MARE_DASHBOARD_HOSTS": "mare.example, mare.test",
            "LOG_LEVEL": "debug",
        }
    )

    assert read == Settings(
        namespaces=("a", "b"),
        leader_election=False,
        port=0,
        lease_seconds=15,
        dashboard=False,
        dashboard_prefix="/tides/mare",
        dashboard_hosts=("mare.example", "mare.test"),
        log_level="DEBUG",
    )


def test_the_dashboard_is_served_to_the_pod_alone():
    assert Settings.from_env({}).dashboard_host == "127.0.0.1"


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


def test_an_error_names_all_wrong_variables_and_what_is_allowed():
    wrong = {"MARE_PORT": "x", "MARE_TICK_SECONDS": "9"}
    wrong |= {"MARE_MARK_PODS": "maybe", "LOG_LEVEL": "loud"}
    with pytest.raises(SettingsError) as error:
        Settings.from_env({**wrong, "MARE_NAMESPACES": "a"})

    lines = str(error.value).splitlines()
    assert {line.split("=")[0] for line in lines} == set(wrong)
    assert lines[-2:] == [
        "MARE_MARK_PODS='maybe': use true or false",
        "LOG_LEVEL='loud': use one of DEBUG, INFO, WARNING, ERROR",
    ]
