"""Webhooks: delivers the callbacks of jobs."""
