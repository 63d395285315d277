"""Replays a load against workers of a kind, scaled by Maré or by others, message by message.

Deterministic for a seed. Every contender sees the same messages with the same service times.
"""
