from tests.fakes.upstreams.patience import patience  # noqa: F401
