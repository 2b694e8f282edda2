"""From the rows of a twin to log-odds: what is counted, measured and contributed, then inferred."""
