"""Reading stored events again under the rules in force."""
