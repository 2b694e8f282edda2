// What changed in a twin this week: the last seven days before its head time, the newest first.
// params: $tenant, $twin (its name)
// returns: a table (rev, when, cause, what was said, belief, its confidence in percent and status before and after);
//          a change that shows in neither is left out
// mode: read
MATCH (t:Twin {tenant: $tenant, name: $twin})
MATCH (c:Commit)
WHERE c.twin = t.id AND c.rev > 0 AND c.head_time > t.head_time - duration('P7D')
MATCH (:Twin)-[new:HOLDS]->(b:Belief)
WHERE new.twin = t.id AND new.rev_from = c.rev
OPTIONAL MATCH (:Twin)-[old:HOLDS]->(b)
WHERE old.key = b.id AND old.rev_to = c.rev
WITH c, b, old, new, toInteger(round(100 / (1 + exp(-old.log_odds)))) AS before,
  toInteger(round(100 / (1 + exp(-new.log_odds)))) AS after
WHERE old IS NULL OR old.status <> new.status OR before <> after
RETURN
  c.rev AS rev,
  c.head_time AS happened,
  c.cause AS cause,
  COLLECT { MATCH (c)-[:CAUSED_BY]->(:Event)<-[:FROM]-(e:Evidence) RETURN e.summary } AS said,
  b.statement AS belief,
  before,
  after,
  old.status AS status_before,
  new.status AS status_after
ORDER BY rev DESC, abs(after - coalesce(before, after)) DESC, belief
