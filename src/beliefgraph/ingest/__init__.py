"""The interfaces for events and definitions: CloudEvents over HTTP, JSON lines, YAML."""
