"""What a QueueAutoscaler decides, as pure functions: no input or output, no clock, no environment.

`spec`, `observation` and `decision` define the terms, `decide` the order of the rules. Times are
seconds since the epoch, durations are seconds, rates are per second.
"""
