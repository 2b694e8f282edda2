"""Changes of twins, asked for and followed."""
