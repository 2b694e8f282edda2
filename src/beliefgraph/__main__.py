"""`python -m beliefgraph` is the same as `beliefgraph`."""

from beliefgraph.cli.main import run

run()
