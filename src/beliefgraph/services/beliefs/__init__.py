"""The layer of beliefs: what is said of them, what is published, what is contested."""
