"""Evaluation on real data: events over HTTP, questions over GraphQL, and the answers held against what happened."""
