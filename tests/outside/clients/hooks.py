"""What Schemathesis writes for the scalars of the schema, and what an answer must be: refused or not, but no fault."""

from __future__ import annotations

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

schemathesis.graphql.scalar("DateTime", st.datetimes().map(lambda at: nodes.String(f"{at.isoformat()}Z")))
schemathesis.graphql.scalar("Duration", st.sampled_from(["P1D", "PT1H", "P30D"]).map(nodes.String))
schemathesis.graphql.scalar("JSON", st.text().map(nodes.String) | st.integers().map(nodes.Int))


@schemathesis.check
def no_fault(ctx: object, response: schemathesis.Response, case: schemathesis.Case) -> None:
    """Every answer is GraphQL's, and every error has a code and a kind of which none is a defect of the service."""
    assert response.status_code < 500, response.text
    for error in response.json().get("errors", ()):
        extensions = error["extensions"]
        assert extensions["code"], error
        assert extensions["kind"] != "fault", error
