"""Events and commands in: what they add to a twin, decided and written."""
