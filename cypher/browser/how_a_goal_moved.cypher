// How a goal moved: everything that was published about it, the newest first, with the reason and what had been said.
// params: $tenant, $twin (its name), $goal (its key)
// returns: a table (rev, when, status, percent done, motivation in percent, reason, what was said in that commit)
// mode: read
MATCH (t:Twin {tenant: $tenant, name: $twin})
MATCH (g:Goal {twin: t.id})
WHERE g.key = $goal
MATCH (t)-[p:PURSUES]->(g)
MATCH (c:Commit {twin: t.id, rev: p.rev_from})
RETURN
  p.rev_from AS rev,
  c.head_time AS happened,
  p.status AS status,
  toInteger(round(100 * p.progress)) AS done,
  toInteger(round(100 * p.motivation)) AS motivation,
  p.reason AS reason,
  COLLECT { MATCH (c)-[:CAUSED_BY]->(:Event)<-[:FROM]-(e:Evidence) RETURN e.summary } AS said
ORDER BY rev DESC
