"""The operator on one machine: it starts processes where a cluster has replicas."""
