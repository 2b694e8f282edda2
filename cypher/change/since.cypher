// The changes of some twins after a rev of each: commits in order, with the holdings and readings they opened and those these
// replaced, the holdings they dropped, and the pursuits and deliberations they opened and closed.
// params: $wanted [{twin, after, upto}], $limit (commits of each twin)
// returns: one record ([[commit, [belief, holding before or null, holding after], [belief, holding dropped], [goal, its key, pursuit opened], [goal, its key, pursuit closed],
//          [metric, reading before or null, reading after], [decision, its key, deliberation opened],
//          [decision, its key, deliberation closed]]], by twin and rev)
// mode: read
RETURN COLLECT {
  UNWIND $wanted AS want
  CALL (want) {
    MATCH (c:Commit)
    USING INDEX SEEK c:Commit(twin, rev)
    WHERE c.twin = want.twin AND c.rev > want.after AND c.rev <= want.upto
    RETURN c ORDER BY c.rev LIMIT $limit
  }
  RETURN [
    [c.twin, c.rev, toString(c.at), toString(c.head_time), c.actor, c.purpose, c.cause, c.definitions, c.opened_holdings, coalesce(c.dropped_holdings, 0),
     coalesce(c.opened_pursuits, 0), coalesce(c.closed_pursuits, 0),
     coalesce(c.opened_readings, 0), coalesce(c.opened_deliberations, 0), coalesce(c.closed_deliberations, 0)],
    COLLECT {
      MATCH (:Twin)-[r:HOLDS]->(b:Belief)
      USING INDEX SEEK r:HOLDS(twin, rev_from)
      WHERE r.twin = c.twin AND r.rev_from = c.rev
      OPTIONAL MATCH (:Twin)-[p:HOLDS]->(b)
      USING INDEX SEEK p:HOLDS(key, rev_to)
      WHERE p.key = r.key AND p.rev_to = r.rev_from
      RETURN [
        [b.id, b.attribute, b.subject, b.context, b.domain, b.statement, b.value],
        CASE WHEN p IS NOT NULL THEN
          [p.revision_id, p.key, toString(p.valid_from), toString(p.valid_to), p.rev_from, p.rev_to, p.definition,
           p.origin, p.log_odds, p.status, p.quality, p.error] END,
        [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
         r.origin, r.log_odds, r.status, r.quality, r.error]
      ] ORDER BY r.key
    },
    COLLECT {
      WITH c
      WHERE c.dropped_holdings > 0
      MATCH (:Twin)-[r:HOLDS]->(b:Belief)
      USING INDEX SEEK r:HOLDS(twin, rev_to, valid_to)
      WHERE r.twin = c.twin AND r.rev_to = c.rev AND r.valid_to IS NOT NULL
        AND NOT EXISTS {
          MATCH ()-[n:HOLDS]->()
          USING INDEX SEEK n:HOLDS(key, rev_to)
          WHERE n.key = r.key AND n.rev_to > c.rev AND n.rev_from = c.rev
        }
      RETURN [
        [b.id, b.attribute, b.subject, b.context, b.domain, b.statement, b.value],
        [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
         r.origin, r.log_odds, r.status, r.quality, r.error]
      ] ORDER BY r.key
    },
    COLLECT {
      MATCH (:Twin)-[r:PURSUES]->(g:Goal)
      USING INDEX SEEK r:PURSUES(twin, rev_from)
      WHERE r.twin = c.twin AND r.rev_from = c.rev
      RETURN [
        r.key, g.key,
        [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
         r.origin, r.title, r.status, r.priority, r.progress, toString(r.deadline), r.importance, r.motivation,
         r.quality, r.reason]
      ] ORDER BY r.key
    },
    COLLECT {
      MATCH (:Twin)-[r:PURSUES]->(g:Goal)
      USING INDEX SEEK r:PURSUES(twin, rev_to, valid_to)
      WHERE r.twin = c.twin AND r.rev_to = c.rev AND r.valid_to IS NOT NULL
      RETURN [
        r.key, g.key,
        [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
         r.origin, r.title, r.status, r.priority, r.progress, toString(r.deadline), r.importance, r.motivation,
         r.quality, r.reason]
      ] ORDER BY r.key
    },
    COLLECT {
      MATCH (:Twin)-[r:MEASURES]->(m:Metric)
      USING INDEX SEEK r:MEASURES(twin, rev_from)
      WHERE r.twin = c.twin AND r.rev_from = c.rev
      OPTIONAL MATCH (:Twin)-[p:MEASURES]->(m)
      USING INDEX SEEK p:MEASURES(key, rev_to)
      WHERE p.key = r.key AND p.rev_to = r.rev_from
      RETURN [
        [m.id, m.name, m.subject, m.context, m.statement],
        CASE WHEN p IS NOT NULL THEN
          [p.revision_id, p.key, toString(p.valid_from), toString(p.valid_to), p.rev_from, p.rev_to, p.definition,
           p.origin, p.value, p.label, p.band] END,
        [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
         r.origin, r.value, r.label, r.band]
      ] ORDER BY r.key
    },
    COLLECT {
      MATCH (:Twin)-[r:DECIDES]->(d:Decision)
      USING INDEX SEEK r:DECIDES(twin, rev_from)
      WHERE r.twin = c.twin AND r.rev_from = c.rev
      RETURN [
        r.key, d.key,
        [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
         r.origin, r.title, r.status, r.options, r.chosen, r.reasons, r.expected, r.actual]
      ] ORDER BY r.key
    },
    COLLECT {
      MATCH (:Twin)-[r:DECIDES]->(d:Decision)
      USING INDEX SEEK r:DECIDES(twin, rev_to, valid_to)
      WHERE r.twin = c.twin AND r.rev_to = c.rev AND r.valid_to IS NOT NULL
      RETURN [
        r.key, d.key,
        [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
         r.origin, r.title, r.status, r.options, r.chosen, r.reasons, r.expected, r.actual]
      ] ORDER BY r.key
    }
  ] ORDER BY c.twin, c.rev
} AS changes
