"""The language area of a listener."""

from enum import StrEnum

from mare_services.contract.places import Language

_SPOKEN: dict[str, str] = {
    "pt": "BR PT AO MZ CV GW ST TL",
    "es": "ES AR BO CL CO CR CU DO EC GT HN MX NI PA PE PR PY SV UY VE GQ",
    "fr": "FR BE CH LU MC SN CI ML CM CD CG GA BJ BF TG NE GN HT",
    "it": "IT SM VA CH",
    "de": "DE AT CH LI LU",
    "en": "US GB IE AU NZ CA ZA NG KE GH JM BB TT",
    "ja": "JP",
    "ko": "KR",
    "hi": "IN",
    "zh": "TW HK SG CN",
    "ar": "EG DZ MA TN SA AE LB JO",
    "is": "IS",
}


class LanguageArea(StrEnum):
    """A language area with search terms of its own."""

    LUSOPHONE = "lusophone"
    HISPANIC = "hispanic"
    INTERNATIONAL = "international"


_LANGUAGES = {
    market: frozenset(spoken for spoken, where in _SPOKEN.items() if market in where.split())
    for market in " ".join(_SPOKEN.values()).split()
}


def language_area(market: str, lang: Language) -> LanguageArea:
    if lang == "pt" or "pt" in languages_of(market):
        return LanguageArea.LUSOPHONE
    return LanguageArea.HISPANIC if "es" in languages_of(market) else LanguageArea.INTERNATIONAL


def languages_of(market: str) -> frozenset[str]:
    return _LANGUAGES.get(market, frozenset())
