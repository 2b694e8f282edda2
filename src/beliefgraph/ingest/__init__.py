"""The doors that events and definitions come in by: CloudEvents over HTTP, lines of a file, YAML."""
