"""Callbacks over HTTP, names over DNS, delays over queues."""
