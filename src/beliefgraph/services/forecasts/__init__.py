"""Forecasts of outcomes, and how good they were."""
