"""Changes of twins, queried and subscribed to."""
