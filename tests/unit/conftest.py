"""Properties hold on a busy machine as well: no example has to be quick."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
