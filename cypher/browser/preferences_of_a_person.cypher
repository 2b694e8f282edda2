// The preferences of a twin now, by context: what was published of each, likeliest first, and what was said of it.
// params: $tenant, $twin (its name)
// returns: a table (kind, preference, about, context, belief, percent, said) and a graph (the beliefs with their evidence,
//          and how one context hangs on the next)
// mode: read
MATCH (s:DefinitionSet {tenant: $tenant})
WITH s ORDER BY s.number DESC LIMIT 1
MATCH (s)-[:INCLUDES]->(:Catalog)-[:DEFINES]->(d:Definition)
WHERE d.preference IS NOT NULL
MATCH (t:Twin {tenant: $tenant, name: $twin})
MATCH (b:Belief {twin: t.id})
WHERE b.attribute = d.key
MATCH holds = (:Twin)-[h:HOLDS]->(b)
WHERE h.key = b.id AND h.rev_to = 2147483647
RETURN
  d.preference AS kind,
  b.attribute AS preference,
  b.subject AS about,
  b.context AS context,
  b.statement AS belief,
  toInteger(round(100 / (1 + exp(-h.log_odds)))) AS percent,
  COLLECT {
    MATCH (b)<-[r:BEARS_ON]-(e:Evidence)
    WHERE r.rev_to = 2147483647 AND r.valid_from <= t.head_time AND t.head_time < r.valid_to
    RETURN e.summary ORDER BY e.time
  } AS said,
  holds,
  COLLECT {
    MATCH heard = (b)<-[r:BEARS_ON]-(:Evidence)-[:REPORTED_BY]->(:Source)
    WHERE r.rev_to = 2147483647 AND r.valid_from <= t.head_time AND t.head_time < r.valid_to
    RETURN heard
  } AS evidence,
  COLLECT {
    MATCH hangs = (b)-[r:SUPPORTS|CONTRADICTS]-(c:Belief)
    WHERE r.rev_to = 2147483647 AND c.attribute = b.attribute
    RETURN hangs
  } AS contexts
ORDER BY preference, about, context, percent DESC, belief
