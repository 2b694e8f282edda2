"""The layer of beliefs: the evidence, what is published, what is contested."""
