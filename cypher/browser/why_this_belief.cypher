// Why a twin believes something: the strongest evidence on it now, its sources, and the related beliefs with the most influence.
// params: $tenant, $twin (its name), $attribute (of the belief, as its definition names it)
// returns: a graph (the belief, its evidence with their sources, related beliefs) and a table (the same evidence in one
//          line each: log-likelihood ratio, date, summary, source)
// mode: read
MATCH (t:Twin {tenant: $tenant, name: $twin})
MATCH (b:Belief {twin: t.id})
WHERE b.attribute = $attribute
RETURN
  b,
  COLLECT {
    MATCH said = (b)<-[r:BEARS_ON]-(:Evidence)-[:REPORTED_BY]->(:Source)
    WHERE r.rev_to = 2147483647 AND r.valid_from <= t.head_time AND t.head_time < r.valid_to
    RETURN said ORDER BY abs(r.log_likelihood_ratio) DESC LIMIT 12
  } AS evidence,
  COLLECT {
    MATCH (b)<-[r:BEARS_ON]-(e:Evidence)-[:REPORTED_BY]->(s:Source)
    WHERE r.rev_to = 2147483647 AND r.valid_from <= t.head_time AND t.head_time < r.valid_to
    RETURN
      CASE WHEN r.log_likelihood_ratio > 0 THEN '+' ELSE '' END + round(r.log_likelihood_ratio, 2) + ' · '
      + date(e.time) + ' · ' + e.summary + ' · ' + s.name
    ORDER BY abs(r.log_likelihood_ratio) DESC LIMIT 12
  } AS lines,
  COLLECT {
    MATCH pull = (b)-[r:SUPPORTS|CONTRADICTS|IMPLIES|EXCLUDES|CAUSES]-(:Belief)
    WHERE r.rev_to = 2147483647 AND r.valid_from <= t.head_time AND t.head_time < r.valid_to
    RETURN pull ORDER BY abs(coalesce(log(r.odds_ratio), r.probability)) DESC LIMIT 8
  } AS neighbours
