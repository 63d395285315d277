"""Several leaders of one operator: each scales the objects of its shards, which are namespaces.

All replicas agree in the one Lease that they have without shards as well, so that a single write of
the API server decides who leads what, also while the number of shards changes.
"""
