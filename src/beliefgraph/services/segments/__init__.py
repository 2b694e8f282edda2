"""Segments: which one a twin is in, and what is learned for each."""
