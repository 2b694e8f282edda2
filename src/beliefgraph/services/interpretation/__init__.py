"""What an event says, according to the rules of the definitions, about beliefs, goals, decisions and metrics."""
