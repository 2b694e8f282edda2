"""What a process tells of itself: Prometheus metrics and OpenTelemetry spans, none of which names anybody."""
