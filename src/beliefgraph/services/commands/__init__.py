"""Events and commands: what they add to a twin, decided and written."""
