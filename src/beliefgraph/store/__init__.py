"""Persistence: the only package that talks to Neo4j, and the keys of sealed text."""
