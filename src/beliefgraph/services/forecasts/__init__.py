"""FORECASTS: what is foretold of outcomes, and how good it was."""
