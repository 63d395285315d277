"""Where music comes from: other people's APIs and our own catalogue."""
