"""What runs beside the event loop: threads, flights of one question, places for requests, bounds of JSON."""
