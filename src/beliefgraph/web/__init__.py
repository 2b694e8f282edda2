"""The HTTP interface: one ASGI application with GraphQL, events and probes, and the middleware around them."""
