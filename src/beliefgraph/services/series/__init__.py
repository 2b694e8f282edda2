"""Curves over valid time, derived point by point from the rows of one rev."""
