"""The texts of the page: complete in each language, equal in keys and placeholders, all used."""

import json
import re
from importlib.resources import files

import pytest

PAGE = files("mare_gateway.page")
LANGUAGES = ("en", "pt")
SOURCES = {lang: (PAGE / "texts" / f"{lang}.json").read_text("utf-8") for lang in LANGUAGES}
TEXTS = {lang: json.loads(text) for lang, text in SOURCES.items()}
FAMILIES = ("condition.", "rule.", "effect.", "problem.", "status.", "weather.units.")
"""Keys that are built from a word of a document."""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_key_is_defined_twice(lang):
    keys = json.loads(SOURCES[lang], object_pairs_hook=lambda pairs: [key for key, _ in pairs])

    assert len(keys) == len(set(keys))


def test_languages_have_the_same_keys_in_the_same_order():
    assert list(TEXTS["en"]) == list(TEXTS["pt"])


@pytest.mark.parametrize("key", TEXTS["en"])
def test_languages_have_the_same_placeholders(key):
    english, portuguese = (set(re.findall(r"\{\w+\}", TEXTS[lang][key])) for lang in LANGUAGES)

    assert english == portuguese


def test_every_text_is_used_and_every_used_text_exists():
    paths = [*PAGE.iterdir(), *(PAGE / "templates").iterdir()]
    sources = "".join(
        path.read_text("utf-8") for path in paths if path.name.endswith((".py", ".html"))
    )
    keys = set(TEXTS["en"])
    called = set(re.findall(r"""\b(?:t|words)\(\s*["']([\w.]*\w)["']""", sources))
    quoted = {key for key in keys if f'"{key}"' in sources or f"'{key}'" in sources}

    assert called <= keys
    assert {key for key in keys - quoted if not key.startswith(FAMILIES)} == set()


def test_each_rule_of_the_mood_has_a_text():
    domain = files("mare_services.playlists.domain")
    rules = re.findall(r'rule="([^"]+)"', (domain / "rules.py").read_text("utf-8"))

    assert len(rules) > 12
    assert {f"rule.{rule}" for rule in rules} <= set(TEXTS["en"])


def test_the_conditions_are_the_words_of_the_weather():
    contract = files("mare_services.contract")
    source = (contract / "conditions.py").read_text("utf-8")

    for lang in LANGUAGES:
        for key, word in TEXTS[lang].items():
            if key.startswith("condition."):
                assert f'"{word}"' in source, (lang, key)
