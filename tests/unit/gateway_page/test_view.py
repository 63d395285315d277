"""From a suggestion or a job to what the page shows."""

import pytest

from mare_gateway.page.question import Question
from mare_gateway.page.view import job_answer, problem_answer, suggestion_answer
from mare_gateway.page.words import words_of
from tests.fakes.suggestions import NOW, job, place, report, suggestion

QUESTION = Question(city="Recife")
EN, PT = words_of("en"), words_of("pt")


def shown(document, question=QUESTION, words=EN, **more):
    return job_answer(document, question, words, NOW, **more)


def test_a_suggestion_is_shown_with_place_weather_mood_and_playlist():
    answer = suggestion_answer(suggestion("clear"), QUESTION, EN, NOW)

    assert (answer.place.name, answer.place.admin) == ("Recife", "Pernambuco")
    assert answer.place.local_time == "12:00"
    assert answer.weather.temperature == "28°"
    assert answer.weather.details == ("feels like 31°", "wind 14 km/h", "humidity 68 %")
    assert answer.mood.name == "feel-good pop"
    assert len(answer.playlist.tracks) == 20
    assert answer.title == "Recife: 28°, feel-good pop"
    assert answer.is_final


def test_a_temperature_and_its_unit_are_never_on_two_lines():
    answer = suggestion_answer(suggestion("clear"), QUESTION, EN, NOW)

    assert answer.mood.reasons[0].rule == "Feels like 31\u00a0°C"


def test_portuguese_has_its_own_sentences():
    answer = suggestion_answer(suggestion("rain", "pt"), QUESTION, PT, NOW)

    assert answer.weather.details[0] == "sensação de 14°"
    assert answer.mood.reasons[1].rule == "Chuva"
    assert answer.mood.reasons[1].effect == "mais acústico, menos energia, mais saudoso"


def test_an_estimate_is_labelled_as_one():
    answer = suggestion_answer(suggestion(estimated=True), QUESTION, EN, NOW)

    assert "estimate" in answer.weather.notice
    assert answer.weather.details == ()


def test_stale_weather_is_labelled_as_old():
    document = suggestion()
    document["weather"]["stale"] = True

    answer = suggestion_answer(document, QUESTION, EN, NOW)

    assert "last weather" in answer.weather.notice


def test_fresh_weather_has_no_notice():
    assert suggestion_answer(suggestion(), QUESTION, EN, NOW).weather.notice == ""


@pytest.mark.parametrize(
    ("change", "notice"),
    [
        ({"source": "catalogue"}, "own list; each link"),
        ({"source": "deezer", "stale": True}, "from earlier"),
        ({"source": "deezer", "filled": 3}, "last 3 songs"),
        ({"source": "deezer"}, ""),
    ],
)
def test_music_that_is_not_fresh_has_a_notice(change, notice):
    document = suggestion()
    document["playlist"] |= change

    answer = suggestion_answer(document, QUESTION, EN, NOW)

    assert notice in answer.music_notice
    assert bool(answer.music_notice) is bool(notice)


@pytest.mark.parametrize("state", ["pending", "running"])
def test_a_job_without_result_shows_what_happens_now(state):
    answer = shown(job(state))

    assert answer.status == EN(f"status.{state}")
    assert answer.place is answer.mood is answer.playlist is None
    assert not answer.is_final


def test_a_partial_job_shows_place_weather_and_sky():
    answer = shown(job("partial", weather=report("snow")))

    assert answer.place.name == "Recife"
    assert answer.weather.temperature == "\N{MINUS SIGN}5°"
    assert answer.scene.sky == "snow"
    assert answer.mood is None
    assert not answer.is_final


def test_a_complete_job_is_shown_like_the_suggestion_itself():
    document = suggestion("fog")

    assert shown(job("complete", result=document)) == suggestion_answer(document, QUESTION, EN, NOW)


def test_a_slow_job_has_a_notice_that_it_continues():
    slow = job("running", created_at="2026-11-25T14:59:50+00:00")

    assert "by itself" in shown(slow).status


def test_an_unknown_place_is_explained_with_suggestions():
    failed = job("failed", failure={"type": "PlaceNotFound", "detail": "No place."})

    answer = shown(failed, Question(city="Recif", lang="pt"), PT, suggestions=[place("Recife")])

    assert answer.problem.title == "“Recif” não está no nosso mapa"
    assert answer.problem.text == "Talvez seja um destes:"
    (offered,) = answer.problem.suggestions
    assert offered.link == "/?city=Recife%2C+Pernambuco%2C+BR&lang=pt"
    assert answer.problem.retry is None
    assert answer.is_final


@pytest.mark.parametrize("state", ["cancelled", "expired", "failed"])
def test_a_job_that_ended_without_a_result_can_be_requested_again(state):
    answer = shown(job(state))

    assert answer.problem.kind == "failed"
    assert answer.problem.retry == "/?city=Recife"
    assert answer.state == "failed"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("service_unavailable", "away"),
        ("service_timeout", "away"),
        ("overloaded", "busy"),
        ("too_many_requests", "busy"),
        ("upstream_rate_limited", "source"),
        ("invalid_parameter", "invalid"),
        ("some_new_code", "failed"),
    ],
)
@pytest.mark.parametrize("words", [EN, PT])
def test_every_problem_has_a_sentence_for_people(code, kind, words):
    problem = problem_answer(code, QUESTION, words).problem

    assert problem.kind == kind
    assert problem.title
    assert problem.text


def test_a_point_far_from_any_city_is_linked_by_its_coordinates():
    far = {**place("Recife"), "id": None, "name": "3.85° S, 32.42° W", "country_code": None}

    answer = suggestion_answer({**suggestion(), "place": far}, Question(lat="1"), EN, NOW)

    assert answer.place.link == "/?lat=-8.05&lon=-34.88"
    assert answer.place.country_code == ""


def test_a_time_zone_that_is_unknown_here_leaves_the_time_out():
    nowhere = {**place("Recife"), "timezone": "Mars/Olympus"}

    answer = suggestion_answer({**suggestion(), "place": nowhere}, QUESTION, EN, NOW)

    assert answer.place.local_time == ""
