"""The definitions of a tenant, compiled: the book of sets, their graph, layouts, inheritance."""
