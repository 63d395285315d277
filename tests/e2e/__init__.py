"""Tests on a cluster. A package, so that the release ends with its last test."""
