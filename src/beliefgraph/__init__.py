"""A living, explainable model of what a person or account believes."""
