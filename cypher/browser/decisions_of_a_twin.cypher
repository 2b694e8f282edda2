// The decisions of a twin now: options, choice and results, who told of them, and the newest of what was told.
// params: $tenant, $twin (its name)
// returns: a table (decision, status, options, chosen, expected, actual, told by) and a graph (the decisions with their evidence)
// mode: read
MATCH (t:Twin {tenant: $tenant, name: $twin})
MATCH made = (t)-[d:DECIDES]->(x:Decision)
WHERE d.rev_to = 2147483647
MATCH told = (x)<-[s:TELLS]-(e:Evidence)-[:REPORTED_BY]->(by:Source)
WHERE s.rev_to = 2147483647
WITH d, x, made, told, e, by ORDER BY e.time DESC
WITH d, x, made, collect(told) AS told, collect(DISTINCT by.name) AS told_by
RETURN
  d.title AS decision,
  d.status AS status,
  d.options AS options,
  d.chosen AS chosen,
  d.expected AS expected,
  d.actual AS actual,
  told_by,
  made,
  told[..20] AS told
ORDER BY d.valid_from DESC
