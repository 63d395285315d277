"""What a QueueAutoscaler decides, as pure functions: no input or output, no clock, no environment.

Read `policy`, `observation` and `decision` for the words, `decide` for the order of the rules, then
the rule that you came for. Times are seconds since the epoch, durations seconds, rates per second.
"""
