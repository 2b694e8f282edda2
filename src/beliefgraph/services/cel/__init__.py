"""CEL, the Common Expression Language: read into a tree, checked, and evaluated within a budget of steps."""
