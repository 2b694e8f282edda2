"""What is learned from a tenant's evidence: how far sources are right, strengths, calibrations, and how they score."""
