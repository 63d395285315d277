"""The cache of answers: what a service returned is sent again until its max-age has passed."""
