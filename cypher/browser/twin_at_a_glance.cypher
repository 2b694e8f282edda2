// A twin at a glance: what it believes now, and how those beliefs are related.
// params: $tenant, $twin (its name)
// returns: a graph (the twin, the beliefs it holds, the relations between these)
// mode: read
MATCH (t:Twin {tenant: $tenant, name: $twin})
RETURN
  t,
  COLLECT {
    MATCH held = (t)-[h:HOLDS]->(:Belief)
    WHERE h.rev_to = 2147483647 AND h.status <> 'retracted'
    RETURN held
  } AS beliefs,
  COLLECT {
    MATCH (t)-[h:HOLDS]->(a:Belief)
    WHERE h.rev_to = 2147483647 AND h.status <> 'retracted'
    MATCH related = (a)-[r:SUPPORTS|CONTRADICTS|IMPLIES|EXCLUDES|CAUSES]->(b:Belief)
    WHERE r.rev_to = 2147483647 AND r.valid_from <= t.head_time AND t.head_time < r.valid_to
      AND EXISTS { MATCH (t)-[o:HOLDS]->(b) WHERE o.rev_to = 2147483647 AND o.status <> 'retracted' }
    RETURN related
  } AS relations
