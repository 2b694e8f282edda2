"""What is defined in a tenant, compiled: the book of sets, their graph, layouts, inheritance."""
