"""The public HTTP API: what can be asked, how it is checked, what comes back."""
