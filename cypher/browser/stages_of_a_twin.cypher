// What was seen of the stages of a twin, oldest first, and how likely each stage was by what had been published with it.
// params: $tenant, $twin (its name), $variable (the attribute whose values are the stages)
// returns: a table (time, stage, strength as a log-likelihood ratio, what was said, source, rev, percent of that stage as
//          published by then and now) and a graph (evidence with its source and stage)
// mode: read
MATCH (t:Twin {tenant: $tenant, name: $twin})
MATCH (stage:Belief {twin: t.id})
WHERE stage.attribute = $variable AND stage.value IS NOT NULL AND stage.subject = 'self' AND stage.context = 'any'
MATCH said = (stage)<-[r:BEARS_ON]-(e:Evidence)-[:REPORTED_BY]->(s:Source)
WHERE r.rev_to = 2147483647
RETURN
  r.valid_from AS time,
  stage.value AS stage,
  round(r.log_likelihood_ratio, 2) AS strength,
  e.summary AS summary,
  s.name AS source,
  r.rev_from AS rev,
  COLLECT {
    MATCH (:Twin)-[h:HOLDS]->(stage)
    WHERE h.key = stage.id AND h.rev_from <= r.rev_from AND r.rev_from < h.rev_to
    RETURN toInteger(round(100 / (1 + exp(-h.log_odds))))
  }[0] AS percent_then,
  COLLECT {
    MATCH (:Twin)-[h:HOLDS]->(stage)
    WHERE h.key = stage.id AND h.rev_to = 2147483647
    RETURN toInteger(round(100 / (1 + exp(-h.log_odds))))
  }[0] AS percent_now,
  said
ORDER BY time, rev, stage
LIMIT 100
