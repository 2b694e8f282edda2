"""Analysts' copies: what a purpose may see of a tenant's twins, under pseudonyms, in a Neo4j of its own."""
