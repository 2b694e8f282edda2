// Why a twin believes something: the strongest evidence on it now, who said so, and the beliefs that pull at it most.
// params: $tenant, $twin (its name), $attribute (of the belief, as its definition names it)
// returns: a graph (the belief, its evidence with their sources, its neighbours)
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
    MATCH pull = (b)-[r:SUPPORTS|CONTRADICTS|IMPLIES|EXCLUDES|CAUSES]-(:Belief)
    WHERE r.rev_to = 2147483647 AND r.valid_from <= t.head_time AND t.head_time < r.valid_to
    RETURN pull ORDER BY abs(coalesce(log(r.odds_ratio), r.probability)) DESC LIMIT 8
  } AS neighbours
