"""Why a workload has the replicas that it has, for `mare explain` and the dashboard alike.

`facts` is what is known of one object at one moment, wherever it comes from; `constraint`, `ahead`
and `problems` are what follows from it. All of it is pure.
"""
