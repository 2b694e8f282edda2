"""The person's own page under /me: the data held about them, and what they can decide about it."""
