// Contested beliefs: those whose evidence pulled both ways, in all twins of a tenant, the latest first.
// params: $tenant
// returns: a graph and a table (twin, belief, when it was last contested, until when (null: to this day), how often
//          this was published, the evidence that counted then)
// mode: read
MATCH (t:Twin {tenant: $tenant})
MATCH (t)-[h:HOLDS]->(b:Belief)
WHERE h.status = 'contested'
WITH t, b, h ORDER BY h.rev_from DESC
WITH t, b, collect(h) AS stretches
WITH t, b, stretches[0] AS held, size(stretches) AS times
OPTIONAL MATCH (over:Commit {twin: t.id, rev: held.rev_to})
RETURN
  t AS twin,
  b AS belief,
  held,
  held.valid_from AS since,
  over.head_time AS until,
  times,
  COLLECT {
    MATCH said = (b)<-[r:BEARS_ON]-(:Evidence)-[:REPORTED_BY]->(:Source)
    WHERE r.rev_from <= held.rev_from AND r.rev_to > held.rev_from
      AND r.valid_from <= held.valid_from AND held.valid_from < r.valid_to
    RETURN said ORDER BY abs(r.log_likelihood_ratio) DESC LIMIT 6
  } AS evidence
ORDER BY since DESC
LIMIT 12
