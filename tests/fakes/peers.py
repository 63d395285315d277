"""Stand-ins for the weather and music services, small enough to see through.

Weather knows Recife and nothing else; music gives another track at each call, one of the catalogue
in the market CC.
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
    def locate(self, request):
        if request["city"] != "Recife":
            raise PlaceNotFound("No place is called that.", {"suggestions": [RECIFE]})
        return {"place": RECIFE, "attribution": ["places"]}

    @rpc
    def current(self, place):
        return {"weather": CLEAR, "attribution": ["weather"]}


class Music:
    name = "music"

    asked = 0

    @rpc
    def compose(self, request):
        Music.asked += 1
        title = f"{request['mood']} {Music.asked}"
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
