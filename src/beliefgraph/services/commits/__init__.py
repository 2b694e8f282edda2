"""The commit that additions make: layers publish, one after the other, and are checked again."""
