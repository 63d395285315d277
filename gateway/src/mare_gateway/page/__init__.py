"""The page for people at ``/``: a city in, the weather, a mood and its playlist out."""
