"""Concurrency around the event loop: threads, shared work, places for requests, and bounds on JSON."""
