"""Forecasts: what happens next, and when. Arrays in, arrays out. See docs/foresight.md."""
