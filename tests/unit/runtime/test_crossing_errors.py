"""Errors on the wire: what is sent, and what arrives."""

import json

import pytest
from nameko.exceptions import MethodNotFound, RemoteError, UnknownService

from mare_nameko.service.errors import (
    BrokerUnavailable,
    CallTimedOut,
    DeadlineExceeded,
    MessageRefused,
    is_expected,
    read_error,
    register_errors,
    write_error,
)
from mare_services.contract.errors import PlaceNotFound, ServiceError, SourceLimited

register_errors(ServiceError)


def through_the_wire(error):
    return read_error(json.loads(json.dumps(write_error(error))))


class Anonymous(Exception):
    """Not registered."""


class Counted(Exception):
    def __init__(self, count):
        super().__init__(int(count))


register_errors(Counted)


@pytest.mark.parametrize(
    "error",
    [
        PlaceNotFound("No place.", {"suggestions": [{"id": 1, "near": None}]}),
        SourceLimited("Too often.", {"retry_after": 2.5, "final": False}),
        ServiceError("It is what it is."),
        DeadlineExceeded("late"),
        CallTimedOut("later"),
        BrokerUnavailable("gone"),
        MessageRefused("full"),
        UnknownService("shop"),
        MethodNotFound("nothing"),
    ],
)
def test_a_known_error_arrives_as_what_it_is(error):
    arrived = through_the_wire(error)

    assert type(arrived) is type(error)
    assert arrived.args == error.args
    assert str(arrived) == str(error)
    assert is_expected(arrived)


def test_an_unknown_error_arrives_as_a_remote_error_with_its_name():
    arrived = through_the_wire(Anonymous("what", 1))

    assert isinstance(arrived, RemoteError)
    assert arrived.exc_type == "Anonymous"
    assert not is_expected(arrived)


def test_arguments_that_are_no_json_are_made_text():
    sent = write_error(Anonymous({1: {2, 3}}, object, (None, 1.5)))

    assert sent["exc_args"] == [{"1": ["2", "3"]}, "<class 'object'>", [None, 1.5]]


@pytest.mark.parametrize("arguments", [["a", {}, "one too many"], None])
def test_an_error_with_arguments_of_another_version_still_arrives(arguments):
    sent = write_error(PlaceNotFound("No place.")) | {"exc_args": arguments}

    arrived = read_error(sent)

    assert isinstance(arrived, RemoteError)
    assert (arrived.exc_type, arrived.value) == ("PlaceNotFound", "No place.")


def test_an_error_whose_arguments_its_type_refuses_still_arrives():
    arrived = read_error(write_error(Counted(1)) | {"exc_args": ["one"]})

    assert isinstance(arrived, RemoteError)
    assert (arrived.exc_type, arrived.value) == ("Counted", "1")


def test_what_a_handler_declares_is_expected():
    assert is_expected(Anonymous(), Anonymous)
    assert is_expected(Anonymous(), (KeyError, Anonymous))
    assert not is_expected(Anonymous(), ())
