"""GraphiQL from the package itself: nothing is loaded from outside the service."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

ASSETS = "/graphiql"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may load: itself. The editor writes its styles inline."""

TABS: tuple[dict[str, Any], ...] = (
    {
        "title": "What is believed",
        "query": """# The surest beliefs of a twin, and what they rest on.
query WhatIsBelieved($twin: String!) {
  beliefs(twin: $twin, first: 10) {
    rev
    totalCount
    nodes {
      statement
      confidence
      status
      relations { kind outgoing other { statement confidence } }
    }
    pageInfo { hasNextPage endCursor }
  }
}
""",
        "variables": {"twin": "buyer-lena"},
    },
    {
        "title": "Why",
        "query": """# Why a belief stands where it stands: in a sentence, and in the share of every piece of evidence.
query Why($twin: String!, $key: BeliefKeyInput!) {
  explanation(twin: $twin, key: $key) {
    sentence
    belief { statement confidence prior }
    contributions {
      contribution
      without
      on { statement }
      evidence { summary source time }
    }
    links { belief { statement } parent contribution }
  }
}
""",
        "variables": {"twin": "buyer-lena", "key": {"attribute": "trust.security_proven"}},
    },
    {
        "title": "As of",
        "query": """# The same belief now and as it stood at a moment, and everything that was published of it.
query AsOf($twin: String!, $key: BeliefKeyInput!, $then: DateTime!) {
  now: belief(twin: $twin, key: $key) { confidence status rev }
  then: belief(twin: $twin, key: $key, asOf: { validTime: $then }) { confidence status validTime }
  history(twin: $twin, key: $key, first: 20) {
    nodes { revFrom validFrom confidence status }
  }
}
""",
        "variables": {
            "twin": "buyer-lena",
            "key": {"attribute": "trust.security_proven"},
            "then": "2026-01-31T00:00:00Z",
        },
    },
    {
        "title": "What if",
        "query": """# What would follow if these were taken for granted? Nothing is stored.
query WhatIf($input: WhatIfInput!) {
  whatIf(input: $input) {
    rev
    beliefs { belief { statement } beforeConfidence afterConfidence }
  }
}
""",
        "variables": {
            "input": {
                "twin": "buyer-lena",
                "assumptions": [{"belief": {"attribute": "world.budget_approved"}, "holds": False}],
            }
        },
    },
    {
        "title": "Follow",
        "query": """# Every change of a twin as it happens. Start it, then send an event from another tab.
subscription Follow($twin: String!) {
  changes(twin: $twin) {
    rev
    cause
    actor
    beliefs { belief { statement } before { confidence } after { confidence status } }
  }
}
""",
        "variables": {"twin": "buyer-lena"},
    },
)

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>GraphiQL · beliefgraph</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{assets}/graphiql.css">
<style>body {{ margin: 0; }} #graphiql {{ height: 100vh; }}</style>
</head>
<body>
<div id="graphiql">Loading…</div>
<script id="given" type="application/json">{given}</script>
<script src="{assets}/graphiql.js"></script>
</body>
</html>
"""


def folder() -> Path:
    """The directory of the built GraphiQL."""
    return Path(str(files("beliefgraph.web"))) / "static" / "graphiql"


def assets() -> StaticFiles:
    """The built GraphiQL, to be mounted at `ASSETS`."""
    return StaticFiles(directory=folder())


async def page(request: Request) -> Response:
    """The page. A key in the fragment (`/graphql#key=bg_…`) is put into its headers; browsers never send it."""
    root = request.scope.get("root_path", "")
    given = {"endpoint": f"{root}/graphql", "tabs": TABS, "headers": {"Authorization": "Bearer "}}
    html = PAGE.format(assets=f"{root}{ASSETS}", given=orjson.dumps(given).decode().replace("<", "\\u003c"))
    return HTMLResponse(html, headers={"content-security-policy": POLICY, "cache-control": "no-store"})
