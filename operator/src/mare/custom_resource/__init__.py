"""QueueAutoscalers of the API server: reads their spec, writes their status."""
