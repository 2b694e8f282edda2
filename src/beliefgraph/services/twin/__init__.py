"""Twins in memory: columns and records, published state, checkpoints, cache, pages."""
