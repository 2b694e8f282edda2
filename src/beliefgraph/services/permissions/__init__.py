"""What is permitted of a twin, and to whom."""
