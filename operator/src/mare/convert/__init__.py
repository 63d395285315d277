"""`mare convert`: what another autoscaler says about a queue, said as a QueueAutoscaler.

Every value of the input ends in exactly one class: kept, translated, needs you, dropped or refused.
Nothing is left out silently, so that a person can trust what comes out.

Pure: text goes in, a `Conversion` comes out. Read `conversion` for the whole, `scaledobject` and
`hpa` for the order of the steps, and then the step that you came for.
"""
