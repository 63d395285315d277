"""Suggestions and jobs as the services answer them, for the skies that the page can show."""

from datetime import UTC, datetime
from typing import Any

from mare_nameko.client import RemoteError, ServiceUnavailable

Json = dict[str, Any]

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
JOB_ID = "019ab000-0000-7000-8000-000000000001"
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"

PLACES: dict[str, tuple[int, str, str, str, float, float, str]] = {
    "Recife": (3390760, "Recife", "Pernambuco", "BR", -8.05, -34.88, "America/Recife"),
    "Lisboa": (2267057, "Lisboa", "Lisboa", "PT", 38.72, -9.13, "Europe/Lisbon"),
    "Bergen": (3161732, "Bergen", "Vestland", "NO", 60.39, 5.32, "Europe/Oslo"),
    "Sapporo": (2128295, "Sapporo", "Hokkaido", "JP", 43.06, 141.35, "Asia/Tokyo"),
    "Darwin": (2073124, "Darwin", "Northern Territory", "AU", -12.46, 130.84, "Australia/Darwin"),
    "Springfield": (4409896, "Springfield", "Missouri", "US", 37.22, -93.3, "America/Chicago"),
}
SKIES: dict[str, tuple[int, str, str, str, str, float]] = {
    "clear": (0, "clear", "clear day", "feel-good pop", "Sunlit and light-footed", 28.4),
    "cloudy": (2, "partly cloudy", "partly cloudy", "feel-good pop", "Time to dance", 24.1),
    "overcast": (3, "overcast", "overcast", "mellow pop & soul", "Mellow and soulful", 15.0),
    "fog": (45, "fog", "fog", "instrumental & ambient", "Out of the mist", 9.2),
    "drizzle": (51, "drizzle", "drizzle", "mellow pop & soul", "Rain on the window", 13.0),
    "rain": (61, "rain", "rain", "acoustic & melancholic", "Acoustic and wistful", 11.3),
    "snow": (71, "snow", "snow", "instrumental & ambient", "Quiet as snow", -4.6),
    "storm": (95, "thunderstorm", "thunderstorm", "storm rock", "Louder than thunder", 26.7),
}
_WORDS = {
    "clear": "céu limpo", "partly cloudy": "parcialmente nublado", "overcast": "encoberto",
    "fog": "nevoeiro", "drizzle": "garoa", "rain": "chuva", "snow": "neve",
    "thunderstorm": "trovoada", "feel-good pop": "pop alto-astral",
    "mellow pop & soul": "pop suave e MPB", "instrumental & ambient": "instrumental e ambiente",
    "acoustic & melancholic": "acústico e melancólico", "storm rock": "rock de tempestade",
    "Sunlit and light-footed": "Músicas de alto-astral", "Time to dance": "Hora de dançar",
    "Mellow and soulful": "Suave e com alma", "Out of the mist": "Saindo da neblina",
    "Rain on the window": "Chuva na janela", "Acoustic and wistful": "Acústico e saudoso",
    "Quiet as snow": "Quieto como a neve", "Louder than thunder": "Mais alto que o trovão",
}  # fmt: skip
_SONGS = (
    ("Alagados", "Os Paralamas do Sucesso"), ("Mas que Nada", "Jorge Ben"),
    ("Passarinhos", "Emicida, Vanessa da Mata"),
    ("Tarde em Itapuã", "Toquinho, Vinicius de Moraes"),
    ("Here Comes the Sun", "The Beatles"), ("Garota de Ipanema", "Pery Ribeiro"),
    ("Velha Infância", "Tribalistas"), ("Águas de Março", "Elis Regina, Tom Jobim"),
    ("Anunciação", "Alceu Valença"), ("Sampa", "Caetano Veloso"), ("Beija Eu", "Marisa Monte"),
    ("Alvorada", "Cartola"), ("Come Away with Me", "Norah Jones"),
    ("Último Romance", "Los Hermanos"),
    ("Como Nossos Pais", "Elis Regina"), ("Haja o Que Houver", "Madredeus"),
    ("Eres", "Café Tacvba"), ("Construção", "Chico Buarque"), ("A Praieira", "Chico Science"),
    ("Lovely Day", "Bill Withers"),
)  # fmt: skip


def place(name: str) -> Json:
    keys = ("id", "name", "admin1", "country_code", "latitude", "longitude", "timezone")
    return dict(zip(keys, PLACES[name], strict=True)) | {"population": 500_000}


def suggestion(sky: str = "clear", lang: str = "en", *, city: str = "Recife", **more: Any) -> Json:
    """Return the suggestion of a sky; ``more`` can have ``is_day``, ``estimated``, ``source``."""
    code, condition, rule, mood, title, celsius = SKIES[sky]
    words = _WORDS if lang == "pt" else {}
    estimated, source = more.get("estimated", False), more.get("source", "catalogue")
    is_day = more.get("is_day", True)
    return {
        "place": place(city),
        "weather": {
            "temperature": celsius,
            "apparent_temperature": None if estimated else celsius + 2.2,
            "condition": words.get(condition, condition),
            "code": code,
            "is_day": is_day,
            "observed_at": "2026-11-25T15:00:00Z",
            "source": "climatology" if estimated else "open-meteo",
            "wind_speed": None if estimated else 14.3,
            "precipitation": 0.0,
            "cloud_cover": 20.0,
            "humidity": None if estimated else 68.0,
            "estimated": estimated,
            "stale": False,
            "units": {"temperature": "°C", "wind_speed": "km/h", "precipitation": "mm"},
        },
        "mood": {
            "policy": "mood",
            "version": 1,
            "mood": "feel-good",
            "name": words.get(mood, mood),
            "reasons": reasons(celsius, rule, is_day=is_day),
            **_values(reasons(celsius, rule, is_day=is_day)),
        },
        "playlist": playlist(words.get(title, title), source),
        "alternatives": [place("Springfield")] if city == "Springfield" else [],
        "degraded": ["weather"] if estimated else [],
        "attribution": ["Places from GeoNames (geonames.org), CC BY 4.0", "Weather by Open-Meteo"],
    }


def reasons(celsius: float, rule: str, *, is_day: bool) -> list[Json]:
    warmth = (celsius - 15) / 20
    effects = {
        "clear day": (0.15, 0.2, -0.05, 0.0), "partly cloudy": (0.05, 0.08, 0.0, 0.0),
        "overcast": (-0.05, -0.08, 0.05, 0.0), "fog": (-0.15, -0.05, 0.1, 0.2),
        "drizzle": (-0.1, -0.1, 0.15, 0.0), "rain": (-0.15, -0.15, 0.2, 0.0),
        "snow": (-0.15, 0.0, 0.1, 0.3), "thunderstorm": (0.15, -0.15, -0.1, 0.0),
        "daytime": (0.05, 0.0, 0.0, 0.0), "night": (-0.2, 0.0, 0.1, 0.0),
    }  # fmt: skip
    base = (0.5 + 0.25 * warmth, 0.5 + 0.2 * warmth, 0.4 - 0.15 * warmth, 0.2)
    part = "daytime" if is_day else "night"
    rows = [("apparent temperature", base), (rule, effects[rule]), (part, effects[part])]
    names = ("energy", "valence", "acousticness", "instrumentalness")
    return [{"rule": name, **dict(zip(names, row, strict=True))} for name, row in rows]


def _values(rows: list[Json]) -> Json:
    names = ("energy", "valence", "acousticness", "instrumentalness")
    return {name: min(max(sum(row[name] for row in rows), 0.0), 1.0) for name in names}


def playlist(name: str, source: str = "catalogue") -> Json:
    links = {
        "spotify": "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQ{:c}",
        "deezer": "https://www.deezer.com/track/31355{}",
        "catalogue": "https://open.spotify.com/search/song%20{}/tracks",
    }
    lists = {
        "spotify": "https://open.spotify.com/playlist/37i9dQZF1DX4WYpdgoIcn6",
        "deezer": "https://www.deezer.com/playlist/1313621735",
        "catalogue": "https://open.spotify.com/search/feel%20good/playlists",
    }
    tracks = [
        {
            "title": title,
            "artists": artists.split(", "),
            "url": links[source].format(65 + number),
            "explicit": number == 4,
            "album": None,
            "duration_seconds": None if source == "catalogue" else 170 + 7 * number,
        }
        for number, (title, artists) in enumerate(_SONGS)
    ]
    return {
        "name": name,
        "url": lists[source],
        "source": source,
        "tracks": tracks,
        "stale": False,
        "filled": 0,
    }


def job(state: str = "pending", **more: Any) -> Json:
    """Return a job; ``more`` can have ``weather``, ``result``, ``failure``, ``request``."""
    return {
        "id": JOB_ID,
        "state": state,
        "request": {"city": "Recife", "lang": "en"},
        "created_at": NOW.isoformat(),
        "updated_at": NOW.isoformat(),
        "expires_at": "2026-11-26T15:00:00+00:00",
        "attempt": 1,
        "weather": None,
        "result": None,
        "failure": None,
        **more,
    }


def report(sky: str = "clear", **more: Any) -> Json:
    whole = suggestion(sky, **more)
    return {name: whole[name] for name in ("place", "weather", "alternatives", "attribution")}


def not_found(city: str, *suggestions: str) -> RemoteError:
    offered = [place(name) for name in suggestions]
    return RemoteError("PlaceNotFound", (f"No place is called {city}.", {"suggestions": offered}))


def away() -> ServiceUnavailable:
    return ServiceUnavailable("no consumers of rpc-playlists")
