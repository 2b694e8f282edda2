"""What a service does by itself and for its operators: refresh, schedule, erase, move, watch."""
