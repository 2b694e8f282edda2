"""What is known of a twin, and what should be asked next: derived on read."""
