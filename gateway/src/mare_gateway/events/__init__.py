"""The process that streams the changes of jobs as Server-Sent Events."""
