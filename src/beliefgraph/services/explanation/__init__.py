"""Why a belief stands where it does: what bears on it, what each piece did, along which path, and in a sentence."""
