import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_services.contract.errors import InvalidRequest
from mare_services.weather.domain.names import MAX_NAME, clean, fold


@pytest.mark.parametrize(
    "spellings",
    [
        ("São Paulo", "sao paulo", "SÃO  PAULO", "Sa\u0303o Paulo", "são-paulo"),
        ("München", "munchen", "MÜNCHEN"),
        ("St. John's", "St John’s", "Saint Johns", "st johns"),
        ("Xi'an", "Xi’an", "xian", "Xiʼan"),
        ("Łódź", "lodz"),
        ("Đà Nẵng", "da nang"),
        ("İstanbul", "istanbul", "ISTANBUL"),
        ("Straße", "strasse", "STRASSE"),
        ("Saint-Denis", "Saint Denis", "saint–denis"),
        ("Washington, D.C.", "washington dc"),
        ("Йошкар-Ола", "йошкар ола"),
        ("Olho d'Água", "Olho d´Água", "olho dagua", "Olho d`Água"),
        ("Recife", "Re\u00adcife", "\ufeffRecife\u200b", "\u202aRecife\u202c", "Recife\u200e"),
        ("東京",),
    ],
)
def test_spellings_of_one_name_meet(spellings):
    assert len({fold(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(("one", "another"), [("か", "が"), ("Lome", "Lima"), ("कमल", "कोमल")])
def test_different_names_stay_apart(one, another):
    assert fold(one) != fold(another)


def test_joiners_stay_because_words_need_them():
    assert fold("می\u200cخواهم") != fold("میخواهم")


def test_the_names_of_the_gazetteer_are_folded_as_what_is_typed(gazetteer):
    keys = gazetteer._database.execute("SELECT key FROM alternate_name WHERE city % 10 = 0")

    assert [key for (key,) in keys if fold(key) != key] == []


@given(st.text(max_size=80))
def test_folding_is_final_and_trims(text):
    key = fold(text)

    assert key == key.strip()
    assert fold(key) == key


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "empty"),
        (" \u3000", "empty"),
        ("x" * (MAX_NAME + 1), "longer than 200"),
        ("x" * 10_000, "longer than 200"),
        ("Reci\x00fe", "control"),
        ("Reci\nfe", "control"),
        ("Reci\ud800fe", "control"),
    ],
)
def test_what_cannot_be_a_name_is_refused_by_the_fields_name(text, complaint):
    with pytest.raises(InvalidRequest, match=f"^city .*{complaint}"):
        clean(text, "city")


def test_a_name_is_composed_and_trimmed():
    assert clean("  Sa\u0303o Paulo ", "city") == "São Paulo"
