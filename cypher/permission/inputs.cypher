// All that was stated of a twin up to a rev, except for its bearings and measurements, and the commits after another rev.
// params: $twin, $rev, $after
// returns: one record (relations that are its own, links, statements of goals, relations of goals, statements of decisions, permissions,
//          contested evidence, [[rev, at, actor, purpose, cause, definitions] by rev])
// mode: read
RETURN
  COLLECT {
    MATCH (a:Belief {twin: $twin})-[r:SUPPORTS|CONTRADICTS|IMPLIES|EXCLUDES|CAUSES]->(b:Belief)
    USING INDEX SEEK a:Belief(twin)
    WHERE r.origin <> 'inferred' AND r.rev_from <= $rev
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, a.id, b.id, type(r), r.odds_ratio, r.probability, r.ended]
  } AS relations,
  COLLECT {
    MATCH (i:Identifier)-[r:IDENTIFIES]->(:Twin)
    USING INDEX SEEK r:IDENTIFIES(twin, rev_to, valid_to)
    WHERE r.twin = $twin AND r.rev_to > 0 AND r.rev_from <= $rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, i.scheme]
  } AS links,
  COLLECT {
    MATCH (e:Evidence)-[r:STATES]->(g:Goal)
    USING INDEX SEEK r:STATES(twin, rev_to, valid_to)
    WHERE r.twin = $twin AND r.rev_to > 0 AND r.rev_from <= $rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, e.id, g.id, r.source, r.stance, r.title, r.status, r.priority, r.progress, toString(r.deadline)]
  } AS statements,
  COLLECT {
    MATCH (g:Goal {twin: $twin})<-[r:PART_OF|DEPENDS_ON|COMPETES_WITH|MOTIVATES]-(a)
    USING INDEX SEEK g:Goal(twin)
    WHERE r.rev_from <= $rev
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, a.id, g.id, type(r), r.weight, r.evidence, r.speaker, r.ended]
  } AS goal_relations,
  COLLECT {
    MATCH (e:Evidence)-[r:TELLS]->(d:Decision)
    USING INDEX SEEK r:TELLS(twin, rev_to, valid_to)
    WHERE r.twin = $twin AND r.rev_to > 0 AND r.rev_from <= $rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, e.id, d.id, r.source, r.stance, r.title, r.options, r.chosen, r.reasons, r.expected, r.actual]
  } AS decision_statements,
  COLLECT {
    MATCH (:Twin)-[r:PERMITS]->(:Purpose)
    USING INDEX SEEK r:PERMITS(twin, rev_to, valid_to)
    WHERE r.twin = $twin AND r.rev_to > 0 AND r.rev_from <= $rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, r.purpose, r.category, r.recipient, r.allowed, r.stated_by, r.event, r.evidence]
  } AS permissions,
  COLLECT {
    MATCH (:Twin)-[r:CONTESTS]->(:Evidence)
    USING INDEX SEEK r:CONTESTS(twin, rev_to, valid_to)
    WHERE r.twin = $twin AND r.rev_to > 0 AND r.rev_from <= $rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, r.evidence, r.event]
  } AS contests,
  COLLECT {
    MATCH (c:Commit)
    USING INDEX SEEK c:Commit(twin, rev)
    WHERE c.twin = $twin AND c.rev > $after AND c.rev <= $rev
    RETURN [c.rev, toString(c.at), c.actor, c.purpose, c.cause, c.definitions] ORDER BY c.rev
  } AS commits
