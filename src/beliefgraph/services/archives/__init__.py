"""Archives: all that is held of a twin or a tenant in one signed file, and back."""
