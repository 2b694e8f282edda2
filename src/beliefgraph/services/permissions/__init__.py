"""What is permitted about a twin, and to whom."""
