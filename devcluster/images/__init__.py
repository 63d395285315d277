"""The container images, built by Docker or, where no engine runs, by buildah."""
