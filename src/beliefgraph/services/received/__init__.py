"""What was received about a person, as it is shown to them."""
