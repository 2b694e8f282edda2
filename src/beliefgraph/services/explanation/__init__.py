"""Explanations of beliefs: the evidence, the contribution of each piece, the paths, and a sentence."""
