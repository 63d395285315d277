"""QueueAutoscalers as the API server keeps them: their spec read, their status written."""
