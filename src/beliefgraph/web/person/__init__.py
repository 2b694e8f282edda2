"""The person's own page under /me: what is held of them, and what they can decide about it."""
