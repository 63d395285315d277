"""Fakes of the weather and music services.

The fake weather service knows only Recife. The fake music service returns another track at each
call; in the market CC its source is the catalogue.
"""

from mare_nameko.service import rpc
from mare_services.contract.errors import PlaceNotFound

RECIFE = {
    "id": 3390760,
    "name": "Recife",
    "admin1": "Pernambuco",
    "country_code": "BR",
    "latitude": -8.05,
    "longitude": -34.88,
    "timezone": "America/Recife",
}
CLEAR = {
    "temperature": 32.0,
    "apparent_temperature": None,
    "condition": "clear",
    "code": 0,
    "is_day": True,
    "observed_at": "2026-06-01T12:00:00-03:00",
    "source": "open-meteo",
}


class Weather:
    name = "weather"

    @rpc
    def observe(self, request):
        if request["city"] != "Recife":
            raise PlaceNotFound("No place has this name.", {"suggestions": [RECIFE]})
        return {"place": RECIFE, "weather": CLEAR, "attribution": ["places", "weather"]}


class Music:
    name = "music"

    calls = 0

    @rpc
    def compose(self, request):
        Music.calls += 1
        title = f"{request['mood']} {Music.calls}"
        if request["market"] == "ZZ":
            return {"playlist": "none"}
        return {
            "playlist": {
                "name": "x",
                "url": "https://example.org",
                "source": "catalogue" if request["market"] == "CC" else "spotify",
                "tracks": [{"title": title, "artists": ["y"], "url": "https://example.org"}],
            },
            "attribution": ["music"],
        }
