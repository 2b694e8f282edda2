"""Archives: all data of a twin or a tenant in one signed file, and back."""
