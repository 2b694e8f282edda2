"""Discontinuous change in the evidence of a twin, found on read."""
