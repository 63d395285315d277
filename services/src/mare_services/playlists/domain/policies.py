"""From weather to mood by the policy that the request names."""

from mare_services.contract.suggestion import MoodChoice, PolicyName
from mare_services.contract.weather import Weather
from mare_services.playlists.domain import intervals, mood


def choose(policy: PolicyName, weather: Weather, local_hour: int, lang: str) -> MoodChoice:
    """Return the mood for metric ``weather``; ``local_hour`` is by the place's own clock."""
    if policy == "mood":
        return mood.choose(weather, local_hour, lang)
    return intervals.choose(policy, weather.temperature, lang)
