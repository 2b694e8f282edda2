"""What events make over time: each counts, metrics are measured at a moment, and speak while they are in a band."""
