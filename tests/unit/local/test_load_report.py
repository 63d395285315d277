"""What `make load` says at its end."""

from local.load import Report


def test_the_report_counts_what_was_accepted_ended_and_lost():
    report = Report(submitted=5, seconds=61.4)
    report.states = {"a": "complete", "b": "complete", "c": "failed", "d": "running"}
    report.refused[503] += 1
    report.to_partial, report.to_end = [0.1, 0.2, 0.3], [0.5]
    for count in (1, 4, 2):
        report.saw_replicas("playlists", count)

    assert report.text().splitlines() == [
        "",
        "accepted      4 of 5 jobs in 61 s",
        "ended         2 complete, 1 failed, 1 running",
        "lost          1",
        "202 → weather p50 0.20 s, p95 0.29 s (3 jobs were followed)",
        "202 → end     not known",
        "refused       1 with status 503",
        "replicas      at most playlists 4",
    ]
