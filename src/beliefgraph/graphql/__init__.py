"""The GraphQL interface: the records of the model as types, the services as fields."""
