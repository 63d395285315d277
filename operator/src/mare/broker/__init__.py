"""RabbitMQ as the operator sees it: depths by AMQP, statistics by HTTP."""
