"""What makes two requests deserve the same choice of tracks."""

from datetime import date

from mare_services.contract.places import Place


def seed_for(place: Place, day: date, seed: str) -> str:
    """Return the same text for the same place, local date and caller's seed.

    A point without an id is known by its coordinates to two decimals, about a kilometre.
    """
    where = f"{place.latitude:.2f},{place.longitude:.2f}" if place.id is None else str(place.id)
    return f"{where}/{day.isoformat()}/{seed}"
