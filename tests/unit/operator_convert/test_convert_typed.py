"""A URI that the input does not have is typed: no history, process or report shows it."""

import base64
import subprocess

import pytest

from tests.unit.operator_convert.inputs import (
    AMQP,
    HTTP,
    authentication,
    command_of,
    converted,
    finding,
    rabbitmq,
    scaledobject,
    secret_ref,
    user,
)


def test_user_and_password_of_their_own_have_to_be_filled_in(run):
    references = [secret_ref("host"), secret_ref("username"), secret_ref("password")]
    given = user(protocol="amqp"), authentication(secretTargetRef=references)
    uri = "amqps://u:p%23%24@rabbit/shop"
    assert run(command_of(*given), {}, f"{uri}\n")["data"] == {"uri": uri}
    found = finding(converted(*given).results[0], "spec.triggers[0].authenticationRef.name")
    login = "user (Secret old, key username) and password (Secret old, key password)"
    assert found.note == f"fill in the URI from Secret old, key host, {login}"


@pytest.mark.parametrize(
    ("host", "data"),
    [
        (AMQP, {"uri": "amqp://USER:PASSWORD@rabbit:5672/shop"}),
        (HTTP, {"management-uri": "http://USER:PASSWORD@rabbit:15672"}),
    ],
)
def test_a_host_in_the_object_itself_is_shown_without_its_password(run, host, data):
    command = command_of(scaledobject(rabbitmq(host)))
    [(key, shown)] = data.items()
    assert f"{key} of Secret mare-orders, as {shown}. Percent-encode user and password" in command
    typed = shown.replace("USER:PASSWORD", "u:pw")
    assert run(command, {}, f"{typed}\n")["data"] == {key: typed}


def test_a_host_without_a_login_needs_none(run):
    made = run(command_of(scaledobject(rabbitmq("amqps://rabbit/shop"))), {})
    assert made["data"] == {"uri": "amqps://rabbit/shop"}


@pytest.mark.parametrize(
    "typed", ["", "amqp://USER:PASSWORD@rabbit:5672/shop", "u:pw@rabbit", "http://u:pw@rabbit"]
)
def test_what_is_not_a_complete_uri_creates_no_secret(run, typed):
    with pytest.raises(subprocess.CalledProcessError) as error:
        run(command_of(scaledobject(rabbitmq(AMQP))), {}, f"{typed}\n")
    assert (error.value.stdout, error.value.returncode) == ("", 1)
    assert "not a complete URI" in error.value.stderr


@pytest.mark.parametrize(
    ("typed", "data"),
    [
        ('https://u:"\\%@rabbit', 'https://u:"\\%@rabbit'),
        ("https://USER:PASSWORD@rabbit", None),
        ("", None),
    ],
)
def test_a_management_uri_is_added_to_a_secret_as_it_is_typed(run, typed, data):
    [command] = [each.command for each in _remarks_of(scaledobject(rabbitmq(AMQP))) if each.command]
    if data is None:
        with pytest.raises(subprocess.CalledProcessError):
            run(command, {}, f"{typed}\n")
    else:
        added = run(command, {}, f"{typed}\n")["data"]
        assert base64.b64decode(added["management-uri"]).decode() == data


def _remarks_of(*given):
    return converted(*given).results[0].remarks


def test_amqp_and_management_of_one_broker_go_into_one_secret(run):
    given = scaledobject(rabbitmq(AMQP), rabbitmq(HTTP, mode="MessageRate", value="5"))
    typed = "http://u:pw@rabbit:15672\namqp://u:pw@rabbit/shop\n"
    made = run(command_of(given), {}, typed)["data"]
    assert made == {"management-uri": "http://u:pw@rabbit:15672", "uri": "amqp://u:pw@rabbit/shop"}


def test_login_from_variables_goes_into_the_uri():
    trigger = rabbitmq("amqps://rabbit/shop", usernameFromEnv="USER", passwordFromEnv="PASSWORD")
    command = command_of(scaledobject(trigger))
    assert "as amqps://USER:PASSWORD@rabbit/shop. " in command
