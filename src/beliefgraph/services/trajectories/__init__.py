"""Twins among ordered stages, and when they reach later ones: derived on read from the evidence on the stages."""
