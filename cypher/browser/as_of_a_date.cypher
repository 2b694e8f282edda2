// What a twin had published as of a date, beside what it publishes now, the biggest difference first.
// params: $tenant, $twin (its name), $valid_time (as text: the date in the person's world),
//         $recorded_at (as text: what the store knew by then; null: all it knows)
// returns: a table (belief, its confidence in percent and status then, and now, the evidence that counted then)
// mode: read
MATCH (t:Twin {tenant: $tenant, name: $twin})
WITH t, datetime($valid_time) AS date, coalesce(datetime($recorded_at), t.last_updated) AS known
MATCH (c:Commit)
WHERE c.twin = t.id AND c.rev > 0 AND c.at <= known AND c.head_time <= date
WITH t, date, max(c.rev) AS rev
MATCH (b:Belief {twin: t.id})
OPTIONAL MATCH (:Twin)-[old:HOLDS]->(b)
WHERE old.key = b.id AND old.rev_to > rev AND old.rev_from <= rev
OPTIONAL MATCH (:Twin)-[new:HOLDS]->(b)
WHERE new.key = b.id AND new.rev_to = 2147483647
RETURN
  b.statement AS belief,
  toInteger(round(100 / (1 + exp(-old.log_odds)))) AS then,
  old.status AS status_then,
  toInteger(round(100 / (1 + exp(-new.log_odds)))) AS now,
  new.status AS status_now,
  COLLECT {
    MATCH (b)<-[r:BEARS_ON]-(e:Evidence)
    WHERE r.rev_from <= rev AND r.rev_to > rev AND r.valid_from <= date AND date < r.valid_to
    RETURN e.summary ORDER BY e.time
  } AS evidence_then
ORDER BY abs(new.log_odds - coalesce(old.log_odds, 0.0)) DESC, belief
