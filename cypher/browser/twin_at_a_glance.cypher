// A twin at a glance: the 24 beliefs that it is surest of, for or against, and how these are related.
// params: $tenant, $twin (its name)
// returns: a graph (the twin, beliefs it holds, the relations between these); click a belief to see more
// mode: read
MATCH (t:Twin {tenant: $tenant, name: $twin})
WITH t, COLLECT {
  MATCH (t)-[h:HOLDS]->(b:Belief)
  WHERE h.rev_to = 2147483647 AND h.status <> 'retracted'
  RETURN b ORDER BY abs(h.log_odds) DESC, b.id LIMIT 24
} AS shown
RETURN
  t,
  COLLECT {
    UNWIND shown AS b
    MATCH held = (t)-[h:HOLDS]->(b)
    WHERE h.rev_to = 2147483647
    RETURN held
  } AS beliefs,
  COLLECT {
    UNWIND shown AS a
    MATCH related = (a)-[r:SUPPORTS|CONTRADICTS|IMPLIES|EXCLUDES|CAUSES]->(b:Belief)
    WHERE r.rev_to = 2147483647 AND r.valid_from <= t.head_time AND t.head_time < r.valid_to AND b IN shown
    RETURN related
  } AS relations
