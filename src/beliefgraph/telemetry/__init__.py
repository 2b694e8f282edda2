"""Telemetry of a process: Prometheus metrics and OpenTelemetry spans, without personal data."""
