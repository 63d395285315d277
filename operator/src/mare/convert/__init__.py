"""Converts KEDA ScaledObjects and HorizontalPodAutoscalers to QueueAutoscalers.

Every value of the input gets exactly one outcome: kept, translated, needs you, dropped or refused.
The result is checked by the schema of the custom resource; a mistake refuses the value behind it.

The package is pure: text in, a `Conversion` out. `conversion` is the entry point; `scaledobject`
and `hpa` convert one object each.
"""
