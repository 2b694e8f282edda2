// Which value of an attribute holds: how likely each is by what a twin has published.
// params: $tenant, $twin (its name), $variable (with several values, exactly one of which holds)
// returns: a table (subject, context, value, its belief, its confidence in percent, since when, what was said of it);
//          a value that is not there stands at its prior
// mode: read
MATCH (t:Twin {tenant: $tenant, name: $twin})
MATCH (b:Belief {twin: t.id})
WHERE b.attribute = $variable AND b.value IS NOT NULL
MATCH (:Twin)-[h:HOLDS]->(b)
WHERE h.key = b.id AND h.rev_to = 2147483647
RETURN
  b.subject AS subject,
  b.context AS context,
  b.value AS value,
  b.statement AS belief,
  toInteger(round(100 / (1 + exp(-h.log_odds)))) AS percent,
  h.valid_from AS since,
  COLLECT {
    MATCH (b)<-[r:BEARS_ON]-(e:Evidence)
    WHERE r.rev_to = 2147483647 AND r.valid_from <= t.head_time AND t.head_time < r.valid_to
    RETURN e.summary ORDER BY e.time
  } AS said
ORDER BY subject, context, h.log_odds DESC, value
