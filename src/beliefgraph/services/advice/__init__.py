"""Rating the options of a decision by what is known about a person."""
