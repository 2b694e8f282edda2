"""Background and operator tasks: refresh, schedule, erase, move, watch."""
