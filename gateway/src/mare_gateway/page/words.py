"""The texts of the page in each language."""

import functools
import json
from collections.abc import Mapping
from importlib.resources import files

from mare_gateway.api.queries import Language


class Words:
    """The texts of one language, by their keys in ``texts/<lang>.json``."""

    def __init__(self, lang: Language, texts: Mapping[str, str]) -> None:
        self.lang = lang
        self._texts = texts

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its values. Raises KeyError for an unknown key."""
        return self._texts[key].format_map(values)

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def number(self, value: float) -> str:
        text = f"{value:.0f}"
        return "0" if text == "-0" else text.replace("-", "\N{MINUS SIGN}")


@functools.cache
def words_of(lang: Language) -> Words:
    return Words(lang, json.loads(files(__package__).joinpath(f"texts/{lang}.json").read_bytes()))
