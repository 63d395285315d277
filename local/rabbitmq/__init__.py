"""A private RabbitMQ node on this machine, isolated from other nodes."""
