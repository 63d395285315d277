"""The whole system on one machine: a private RabbitMQ node, the services, the gateway."""
