"""Scales workloads from RabbitMQ queue depth."""
