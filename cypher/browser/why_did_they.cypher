// Why they did it: what a twin is believed to have done, the rival hypotheses that may have brought it about, and what was said of these.
// params: $tenant, $twin (its name)
// returns: a graph and a table (what was done, a hypothesis why, how sure both are, how likely it brings that about by
//          itself, the newest three pieces of evidence for or against it)
// mode: read
MATCH (t:Twin {tenant: $tenant, name: $twin})
MATCH (why:Belief {twin: t.id})
MATCH reason = (why)-[c:CAUSES]->(done:Belief)
WHERE c.rev_to = 2147483647 AND c.valid_from <= t.head_time AND t.head_time < c.valid_to
RETURN
  done.statement AS done,
  round(done.confidence, 2) AS happened,
  why.statement AS why,
  round(why.confidence, 2) AS confidence,
  c.probability AS alone,
  c.odds_ratio AS odds_ratio,
  reason,
  COLLECT {
    MATCH said = (why)<-[r:BEARS_ON]-(e:Evidence)-[:REPORTED_BY]->(:Source)
    WHERE r.rev_to = 2147483647 AND r.valid_from <= t.head_time AND t.head_time < r.valid_to
    RETURN said ORDER BY e.time DESC LIMIT 3
  } AS evidence
ORDER BY done, confidence DESC, why
