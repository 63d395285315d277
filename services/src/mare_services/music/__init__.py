"""The music service."""
