// The segments of a tenant: how many twins were in each when they were last forecast, what was forecast of them and came.
// params: $tenant
// returns: a table (segment, outcome, twins in it by their last forecast, names of some, forecasts, mean probability, how
//          many resolved, share that happened)
// mode: read
MATCH (t:Twin {tenant: $tenant})-[:FORECASTS]->(f:Forecast)
WITH t, f ORDER BY f.made_at DESC
WITH t, f.outcome AS outcome, collect(f) AS forecasts
UNWIND forecasts AS f
WITH f.segment AS segment, outcome, t, forecasts[0].segment AS last, f, COLLECT {
  MATCH (f)-[:RESOLVED_AS]->(r:Resolution)
  RETURN r.happened ORDER BY r.number DESC LIMIT 1
}[0] AS happened
WITH
  coalesce(segment, 'none') AS segment,
  outcome,
  collect(DISTINCT CASE WHEN last = segment OR (last IS NULL AND segment IS NULL) THEN t.name END) AS names,
  count(f) AS forecasts,
  avg(f.probability) AS said,
  count(happened) AS resolved,
  avg(CASE happened WHEN true THEN 1.0 WHEN false THEN 0.0 END) AS came
RETURN
  segment,
  outcome,
  size(names) AS twins,
  names[0..5] AS some,
  forecasts,
  round(said, 3) AS said,
  resolved,
  round(came, 3) AS came
ORDER BY outcome, segment
