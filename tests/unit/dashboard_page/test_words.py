"""The words of the page: the same keys and placeholders in each language, and none is missing."""

import json
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

MARE = Path(str(files("mare")))
PAGE = MARE / "dashboard" / "page"
LANGUAGES = ("en", "pt")
WORDS: dict[str, dict[str, Any]] = {
    lang: json.loads((PAGE / f"{lang}.json").read_text(encoding="utf-8")) for lang in LANGUAGES
}
FAMILIES = ("clause.", "cause.", "constraint.", "problem.", "stage.", "unknown.", "unit.", "range.")
"""Keys that are put together from a code; the others stand in the sources as they are."""


def forms(entry: Any) -> list[str]:
    return list(entry.values()) if isinstance(entry, dict) else [entry]


def placeholders(text: str) -> Counter[str]:
    return Counter(re.findall(r"\{[^}]+\}", text))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_key_stands_twice(lang: str) -> None:
    pairs: list[str] = []
    text = (PAGE / f"{lang}.json").read_text(encoding="utf-8")
    json.loads(text, object_pairs_hook=lambda found: pairs.extend(key for key, _ in found))
    plurals = {"zero", "one", "many", "other"}
    assert [key for key, count in Counter(pairs).items() if count > 1 and key not in plurals] == []


def test_languages_have_the_same_keys() -> None:
    assert list(WORDS["en"]) == list(WORDS["pt"])


@pytest.mark.parametrize("key", WORDS["en"])
def test_languages_have_the_same_placeholders(key: str) -> None:
    english, portuguese = (WORDS[lang][key] for lang in LANGUAGES)
    assert isinstance(english, dict) == isinstance(portuguese, dict)
    if isinstance(english, dict):
        assert placeholders(english["other"]) == placeholders(portuguese["other"])
    else:
        assert placeholders(english) == placeholders(portuguese)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_form_is_written_out(lang: str) -> None:
    for key, entry in WORDS[lang].items():
        assert all(form.strip() == form != "" for form in forms(entry)), key
        if isinstance(entry, dict):
            assert {"one", "other"} <= set(entry), key
            allowed = placeholders(entry["other"])
            assert all(set(placeholders(form)) <= set(allowed) for form in forms(entry)), key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_counted_words_exist(lang: str) -> None:
    texts = " ".join(form for entry in WORDS[lang].values() for form in forms(entry))
    assert set(re.findall(r"\|([\w.]+)\}", texts)) <= set(WORDS[lang])


def test_every_word_that_the_page_asks_for_exists() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in PAGE.glob("*.js"))
    asked = set(re.findall(r'text\(\s*"([\w.]+)"', sources))
    asked |= set(re.findall(r'data-(?:text|label)="([\w.]+)"', (PAGE / "index.html").read_text()))
    assert asked - set(WORDS["en"]) == set()


def test_every_word_is_used() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in PAGE.glob("*.[jh]*"))
    prefixes = set(re.findall(r"`([\w.]+?)\.?\$\{", sources))
    unused = [
        key
        for key in WORDS["en"]
        if f'"{key}"' not in sources
        and not key.startswith(FAMILIES)
        and not any(key.startswith(f"{prefix}.") for prefix in prefixes)
        and not any(f"|{key}}}" in form for entry in WORDS["en"].values() for form in forms(entry))
        and not (key.endswith(".unknown") and f'"{key.removesuffix(".unknown")}"' in sources)
    ]
    assert unused == []


def _in_the_code(name: str) -> set[str]:
    """The first words that something of the operator is made with."""
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in MARE.rglob("*.py")
        if "simulation" not in path.parts
    )
    return set(re.findall(name + r'\(\s*"([\w.]+)"', code))


def test_every_cause_can_be_said() -> None:
    reasons = _in_the_code("Unknown") - {"NotWritten"}  # of a status, which the page never reads
    assert {"QueueNotFound", "OtherAutoscaler", "Stale"} <= reasons
    assert {f"cause.{reason}" for reason in reasons} - set(WORDS["en"]) == set()


def test_every_clause_of_the_operator_can_be_said() -> None:
    codes = _in_the_code("Clause") - {"recorded"}  # an English sentence that a status has kept
    assert {"bounds.max", "rest.stay", "knowledge.held"} <= codes
    assert {f"clause.{code}" for code in codes} - set(WORDS["en"]) == set()
