"""What is decided: what was told of decisions, and how options sit with all that is known of a person."""
