// The goals of a twin now: what it pursues, how its goals hang together, and the beliefs that motivate them.
// params: $tenant, $twin (its name)
// returns: a graph (the twin, its goals, the relations between these, the beliefs that motivate them)
// mode: read
MATCH (t:Twin {tenant: $tenant, name: $twin})
RETURN
  t,
  COLLECT {
    MATCH pursued = (t)-[p:PURSUES]->(:Goal)
    WHERE p.rev_to = 2147483647
    RETURN pursued
  } AS goals,
  COLLECT {
    MATCH related = (g:Goal {twin: t.id})<-[r:PART_OF|DEPENDS_ON|COMPETES_WITH|MOTIVATES]-()
    WHERE r.rev_to = 2147483647 AND r.valid_from <= t.head_time AND t.head_time < r.valid_to
    RETURN related
  } AS relations
