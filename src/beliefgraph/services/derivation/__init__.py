"""From the rows of a twin to log-odds: which evidence counts, what metrics and layers contribute, and inference."""
