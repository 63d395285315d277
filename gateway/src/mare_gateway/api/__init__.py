"""The public HTTP API: parameters, validation and responses."""
