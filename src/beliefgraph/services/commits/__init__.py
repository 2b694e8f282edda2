"""The commit for additions: layers publish, one after the other, and can be checked again."""
