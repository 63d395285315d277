"""Explains the replicas of a workload, for `mare explain` and the dashboard.

`facts` has the state of one object at one time. `constraint`, `next_changes` and `problems`
are derived from it, without input or output.
"""
