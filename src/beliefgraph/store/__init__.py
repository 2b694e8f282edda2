"""The memory: the only room that has met Neo4j, and the keys of the sealed text."""
