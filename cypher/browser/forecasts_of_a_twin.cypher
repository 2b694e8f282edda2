// The forecasts of a twin, the newest first: how likely each outcome was said to be, by what, and what came.
// params: $tenant, $twin (its name)
// returns: a table (outcome, made at, due, probability, by the end of each period, grades, basis, segment, inputs, happened,
//          grade that came, at) and a graph (the twin with its forecasts)
// mode: read
MATCH (t:Twin {tenant: $tenant, name: $twin})
MATCH made = (t)-[:FORECASTS]->(f:Forecast)
OPTIONAL MATCH came = (f)-[:RESOLVED_AS]->(r:Resolution)
WHERE NOT EXISTS { MATCH (f)-[:RESOLVED_AS]->(later:Resolution) WHERE later.number > r.number }
RETURN
  f.outcome AS outcome,
  f.made_at AS made_at,
  f.due AS due,
  round(f.probability, 3) AS probability,
  [p IN coalesce(f.cumulative, []) | round(p, 3)] AS by_period,
  f.grades AS grades,
  f.basis AS basis,
  f.segment AS segment,
  f.inputs AS inputs,
  r.happened AS happened,
  r.grade AS grade,
  r.at AS at,
  made,
  came
ORDER BY f.made_at DESC, f.outcome, f.due
LIMIT 100
