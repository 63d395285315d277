"""Nameko for Kubernetes (`service`), and a thread-safe RPC client (`client`)."""
