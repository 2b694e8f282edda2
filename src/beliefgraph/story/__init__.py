"""The sample story: three twins, twelve months, and what is asked of them along the way."""
