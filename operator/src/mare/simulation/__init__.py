"""Simulates a workload message by message, scaled by Maré, KEDA or an HPA.

The result is deterministic for a seed. All autoscalers get the same messages and service times.
"""
