"""Explains the replicas of a workload, for `mare explain` and the dashboard.

`facts` has what is known of one object at one moment. `constraint`, `next_changes` and `problems`
are derived from it, without input or output.
"""
