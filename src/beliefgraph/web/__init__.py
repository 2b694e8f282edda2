"""The HTTP face: one application with GraphQL, events and probes, and what every request passes through."""
