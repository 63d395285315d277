"""kopf reads events only, and neither copies nor compares objects."""

from collections.abc import Mapping

from mare.entrypoint import _kopf_settings


class Untouchable(Mapping):
    def __getitem__(self, key):
        raise AssertionError(f"{key} was read")

    def __iter__(self):
        raise AssertionError("it was copied")

    def __len__(self):
        return 1


def test_kopf_copies_no_object_to_compare_it():
    persistence, body = _kopf_settings().persistence, Untouchable()
    essence = persistence.diffbase_storage.build(body=body, extra_fields=set())
    assert persistence.progress_storage.clear(essence=essence) == {}
    assert persistence.diffbase_storage.fetch(body=body) is None


def test_kopf_stores_nothing_in_an_object():
    persistence, body, patch = _kopf_settings().persistence, Untouchable(), {}
    persistence.diffbase_storage.store(body=body, patch=patch, essence={})
    persistence.progress_storage.touch(body=body, patch=patch, value="now")
    persistence.progress_storage.store(body=body, patch=patch, key="handle", record={})
    persistence.progress_storage.purge(body=body, patch=patch, key="handle")
    assert persistence.progress_storage.fetch(body=body, key="handle") is None
    assert patch == {}
