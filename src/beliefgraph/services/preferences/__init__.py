"""What is wanted, by context: which contexts a twin has, what it wants in one, and which constraints clash."""
