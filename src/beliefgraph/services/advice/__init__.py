"""How the options of a decision sit with what is known of a person."""
