// Attributes over time: the metrics of a twin, what was last published of each, and the newest events that count in them.
// params: $tenant, $twin (its name)
// returns: a graph and a table (twin, metric, its newest reading, in days how long it has stood, the newest five events
//          still in view at the twin's head time)
// mode: read
MATCH (t:Twin {tenant: $tenant, name: $twin})
MATCH read = (t)-[m:MEASURES]->(metric:Metric)
WHERE m.rev_to = 2147483647
RETURN
  t AS twin,
  metric,
  m AS reading,
  duration.inDays(m.valid_from, t.head_time).days AS days,
  read,
  COLLECT {
    MATCH counted = (metric)<-[c:COUNTS_IN]-(e:Evidence)
    WHERE c.rev_to = 2147483647 AND c.valid_from <= t.head_time AND t.head_time < c.valid_to
    RETURN counted ORDER BY c.valid_from DESC LIMIT 5
  } AS events
ORDER BY metric.name, metric.subject, metric.context
