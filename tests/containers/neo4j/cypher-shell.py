#!/usr/bin/env python3
"""As much of cypher-shell as a health check needs: run a statement as NEO4J_USERNAME with NEO4J_PASSWORD."""

from __future__ import annotations

import os
import sys

from neo4j import GraphDatabase

auth = os.environ["NEO4J_USERNAME"], os.environ["NEO4J_PASSWORD"]
with GraphDatabase.driver("bolt://127.0.0.1:7687", auth=auth, connection_timeout=3) as driver:
    for row in driver.execute_query(sys.argv[1]).records:
        print(*row.values())
