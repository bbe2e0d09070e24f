"""The opponent: Celery with the transport of celery-redis-plus, in an environment of its own."""
