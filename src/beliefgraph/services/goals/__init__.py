"""What is pursued: what was said of goals becomes a graph, and the graph with the beliefs becomes motivation."""
