"""A twin in memory: its columns and records, what it published, checkpoints, the cache, pages."""
