"""The Kubernetes API as the operator uses it: few requests, small answers, errors with a name."""
