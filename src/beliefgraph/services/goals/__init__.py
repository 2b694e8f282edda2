"""Goals: statements about goals make a graph; the graph and the beliefs determine motivation."""
