"""Evaluation on real data: events over HTTP, questions over GraphQL, and the answers compared with what happened."""
