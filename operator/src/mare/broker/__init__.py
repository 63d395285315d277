"""Queue depths by AMQP and queue statistics by HTTP."""
