"""FORECASTS: what is predicted of outcomes, and how good it was."""
