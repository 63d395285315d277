"""The survival run notices a callback that is missing: the matching of tests/load by ids."""

from tests.load.callback_ledger import Receipts, StoredJob, match

JOBS = [StoredJob(name, "complete", 1) for name in ("a", "b", "c")] + [StoredJob("d", "failed", 2)]
RECEIVED = """callback msg_a_1_weather 00 503
callback msg_a_1_weather 00 204
callback msg_a_1_complete 01 204
callback msg_a_1_complete 01 204
invalid: No matching signature found
callback msg_b_1_weather 02 410
callback msg_c_1_weather 03 503
callback msg_x_1_complete 04 204
"""


def test_each_callback_is_in_one_set_by_its_id():
    fates = match(JOBS, Receipts.of(RECEIVED), {"msg_a_1_complete", "msg_c_1_weather", "msg_y"})

    assert fates.delivered == {"msg_a_1_weather", "msg_a_1_complete"}
    assert fates.refused == {"msg_b_1_weather", "msg_b_1_complete"}
    assert fates.dead == {"msg_c_1_weather"}
    assert fates.missing == {"msg_c_1_complete", "msg_d_2_failed"}
    assert (fates.copies, fates.gone_again, fates.invalid) == (1, 0, 1)
