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
    MATCH related = (a:Belief {twin: t.id})-[r:SUPPORTS|CONTRADICTS|IMPLIES|EXCLUDES|CAUSES]->(:Belief)
    WHERE r.rev_to = 2147483647 AND r.valid_from <= t.head_time AND t.head_time < r.valid_to
    RETURN related
  } AS relations
