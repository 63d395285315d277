"""Properties hold on a busy machine as well: no example has to be quick."""

from hypothesis import settings

from tests.unit.examples import examples

settings.register_profile("patient", deadline=None, max_examples=examples(100))
settings.load_profile("patient")
