"""Metrics: events are counted, metrics measured at a moment, and they are evidence while they are in a band."""
