"""What an event says, and about which beliefs, goals, decisions and metrics: the definitions' rules tell it."""
