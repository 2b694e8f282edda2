"""CEL, the Common Expression Language: parsed into a tree, checked, and evaluated within a budget of steps."""
