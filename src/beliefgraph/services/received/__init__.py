"""What was received about a person, in the form shown to them."""
