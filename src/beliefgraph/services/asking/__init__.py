"""What is known about a twin, and what should be asked next: derived on read."""
