"""The schema as text: `python -m beliefgraph.graphql.print > docs/schema.graphql`."""

from __future__ import annotations

from beliefgraph.graphql.schema import make_schema

HEADING = "# Made by `python -m beliefgraph.graphql.print > docs/schema.graphql`; a test keeps it so.\n\n"


def printed() -> str:
    """The schema in the schema definition language."""
    return f"{HEADING}{make_schema().as_str()}\n"


if __name__ == "__main__":
    print(printed(), end="")
