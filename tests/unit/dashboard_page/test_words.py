"""The texts of the page: complete in each language, and equal in keys and placeholders.

The English text of a clause or a cause comes from the operator; the page has only translations.
"""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from mare.domain.reason import Reason
from mare.explanation.constraint import limit_of

MARE = Path(str(files("mare")))
PAGE = MARE / "dashboard" / "page"
LANGUAGES = ("en", "pt")
TEXTS: dict[str, dict[str, Any]] = {
    lang: json.loads((PAGE / f"{lang}.json").read_text(encoding="utf-8")) for lang in LANGUAGES
}
TRANSLATED = ("clause.", "cause.", "counted.")
"""Keys without an English text; `counted.` are parts of clauses."""
FAMILIES = (
    *TRANSLATED, "chart.", "constraint.", "kind.", "problem.", "range.", "stage.", "unit.",
    "unknown.",
)  # fmt: skip
"""Keys that are built from a code; other keys are literals in the sources."""
SHARED = [key for key in TEXTS["pt"] if not key.startswith(TRANSLATED)]


def forms(entry: Any) -> list[str]:
    return list(entry.values()) if isinstance(entry, dict) else [entry]


def placeholders(text: str) -> Counter[str]:
    return Counter(re.findall(r"\{[^}]+\}", text))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_key_is_defined_twice(lang: str) -> None:
    pairs: list[str] = []
    text = (PAGE / f"{lang}.json").read_text(encoding="utf-8")
    json.loads(text, object_pairs_hook=lambda found: pairs.extend(key for key, _ in found))
    plurals = {"zero", "one", "many", "other"}
    assert [key for key, count in Counter(pairs).items() if count > 1 and key not in plurals] == []


def test_languages_have_the_same_keys() -> None:
    assert list(TEXTS["en"]) == SHARED


@pytest.mark.parametrize("key", SHARED)
def test_languages_have_the_same_placeholders(key: str) -> None:
    english, portuguese = (forms(TEXTS[lang][key])[-1] for lang in LANGUAGES)
    assert placeholders(english) == placeholders(portuguese)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_plural_form_is_complete(lang: str) -> None:
    for key, entry in TEXTS[lang].items():
        assert all(form.strip() == form != "" for form in forms(entry)), key
        if isinstance(entry, dict):
            assert {"one", "other"} <= set(entry), key
            allowed = placeholders(entry["other"])
            assert all(set(placeholders(form)) <= set(allowed) for form in forms(entry)), key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_counted_texts_exist(lang: str) -> None:
    texts = " ".join(form for entry in TEXTS[lang].values() for form in forms(entry))
    assert set(re.findall(r"\|([\w.]+)\}", texts)) <= set(TEXTS[lang])


def test_every_text_that_the_page_uses_exists() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in PAGE.glob("*.js"))
    used = set(re.findall(r'text\(\s*"([\w.]+)"', sources))
    used |= set(re.findall(r'data-(?:text|label)="([\w.]+)"', (PAGE / "index.html").read_text()))
    assert used - set(SHARED) == set()


def test_every_text_is_used() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in PAGE.glob("*.[jh]*"))
    prefixes = set(re.findall(r"`([\w.]+?)\.?\$\{", sources))
    unused = [
        key
        for key in SHARED
        if f'"{key}"' not in sources
        and not key.startswith(FAMILIES)
        and not any(key.startswith(f"{prefix}.") for prefix in prefixes)
        and not (key.endswith(".unknown") and f'"{key.removesuffix(".unknown")}"' in sources)
    ]
    assert unused == []


def calls_of(name: str) -> Iterator[ast.Call]:
    """Yield the calls of `name` in the operator that begin with a literal text."""
    for path in MARE.rglob("*.py"):
        if "simulation" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                first = node.args[0] if node.args else None
                if node.func.id == name and isinstance(first, ast.Constant):
                    yield node


def codes_of(name: str) -> set[str]:
    return {str(call.args[0].value) for call in calls_of(name)}  # type: ignore[attr-defined]


def test_every_cause_is_translated() -> None:
    reasons = codes_of("Unknown") - {"NotWritten"}  # of a status, which the page does not read
    assert {"QueueNotFound", "OtherAutoscaler", "Stale"} <= reasons
    assert {f"cause.{reason}" for reason in reasons} - set(TEXTS["pt"]) == set()


def test_every_limit_has_a_text() -> None:
    codes = {limit_of(reason) for reason in Reason}
    keys = {key for code in codes for key in (f"constraint.{code}", f"constraint.{code}.more")}
    assert {"constraint.TooManyReplicas", "constraint.DesiredWithinRange.more"} <= keys
    assert keys | {"constraint.until"} == {k for k in SHARED if k.startswith("constraint.")}


def test_what_a_limit_is_about_has_no_number_that_its_sentence_may_lack() -> None:
    """ "minReplicas is 0" stood beside "activation.mode is Always", which keeps one."""
    texts = {key: TEXTS["en"][key] for key in SHARED if re.fullmatch(r"constraint\.\w+\.more", key)}
    assert len(texts) > 20
    assert {key: text for key, text in texts.items() if "{" in text} == {}


def test_every_problem_has_a_title() -> None:
    sources = (MARE / "custom_resource" / "conditions.json", MARE / "explanation" / "problems.py")
    codes = set(re.findall(r"MARE\d{3}", "".join(each.read_text("utf-8") for each in sources)))
    assert {f"problem.{code}" for code in codes} == {k for k in SHARED if k.startswith("problem.")}


CLAUSES: dict[str, Any] = json.loads((MARE / "domain" / "clauses.json").read_text("utf-8"))
SENTENCES = {code: text for code, text in CLAUSES.items() if isinstance(text, str)}
ENGLISH = {code: text for code, text in SENTENCES.items() if not code.startswith("condition.")}
"""Clauses; sentences of conditions have no translation."""


def test_every_clause_is_translated() -> None:
    assert {f"clause.{code}" for code in ENGLISH} == {k for k in TEXTS["pt"] if k[:7] == "clause."}


def test_every_clause_of_the_sources_has_an_english_text() -> None:
    codes = codes_of("Clause") - {"recorded"}  # the English sentence of a stored status
    assert {"bounds.max", "idle.stays", "unknown.kept"} <= codes
    assert codes - set(ENGLISH) == set()


@pytest.mark.parametrize("code", ENGLISH)
def test_a_translated_clause_has_only_numbers_of_the_english_one(code: str) -> None:
    english, portuguese = (
        set(re.findall(r"\{(\w+)", text)) for text in (ENGLISH[code], TEXTS["pt"][f"clause.{code}"])
    )
    assert portuguese <= english


def test_the_forms_that_a_clause_uses_exist() -> None:
    used = set(re.findall(r"\|([\w.]+)\}", " ".join(SENTENCES.values())))
    assert used == set(CLAUSES) - set(SENTENCES)
    assert all(set(CLAUSES[form]) == {"one", "other"} for form in used)


def test_every_english_clause_is_used() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in MARE.rglob("*.py"))
    built = ("wait.", "advice.")  # codes that are put together of two parts
    assert [c for c in ENGLISH if f'"{c}"' not in sources and not c.startswith(built)] == []
