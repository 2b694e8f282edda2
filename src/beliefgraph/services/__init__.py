"""The operations of a service, one folder for each area."""
