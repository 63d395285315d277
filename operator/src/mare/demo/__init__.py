"""`mare demo`: a private broker, workers of a known service time, and a load."""
