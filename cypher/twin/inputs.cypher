// What one rev of each of some twins sees, and what it has published; with bearings and measurements where these are few.
// params: $twins, $rev (of all of them; null: the current one of each), $rows (fewer are few; of bearings at most so many)
// returns: one record ([[twin, rev, current rev, life, the rev's commit or [], bearings as twin/bearings returns them, in any
//          order and closed ones too, measurements likewise, [beliefs, relations, holdings, links, goals, statements of goals,
//          relations of goals, pursuits, metrics, readings, decisions, statements of decisions, deliberations, permissions,
//          contested evidence]]]); of those that there are
// mode: read
UNWIND $twins AS asked
MATCH (t:Twin {id: asked})
USING INDEX SEEK t:Twin(id)
WITH t.id AS twin, coalesce($rev, t.rev) AS rev, t.rev AS current, t.life AS life
WITH twin, rev, current, life, COLLECT {
  MATCH (c:Commit {twin: twin, rev: rev})
  USING INDEX SEEK c:Commit(twin, rev)
  RETURN [toString(c.head_time), toString(c.at), c.definitions, c.open_rows, c.opened_rows]
} AS at
WITH twin, rev, current, life, at, CASE WHEN at[0][3] < $rows THEN twin END AS small
WITH twin, rev, current, life, at,
  COLLECT {
    MATCH (b:Belief {twin: twin})
    USING INDEX SEEK b:Belief(twin)
    RETURN [b.id, b.attribute, b.subject, b.context, b.domain, b.statement, b.value]
  } AS beliefs,
  COLLECT {
    MATCH (a:Belief {twin: twin})-[r:SUPPORTS|CONTRADICTS|IMPLIES|EXCLUDES|CAUSES]->(b:Belief)
    USING INDEX SEEK a:Belief(twin)
    WHERE r.rev_to > rev AND r.rev_from <= rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, a.id, b.id, type(r), r.odds_ratio, r.probability, r.ended]
  } AS relations,
  COLLECT {
    MATCH (:Twin)-[r:HOLDS]->(b:Belief)
    USING INDEX SEEK r:HOLDS(twin, rev_to, valid_to)
    WHERE r.twin = twin AND r.rev_to > rev AND r.rev_from <= rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, b.id, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, r.log_odds, r.status, r.quality, r.error]
  } AS holdings,
  COLLECT {
    MATCH (i:Identifier)-[r:IDENTIFIES]->(:Twin)
    USING INDEX SEEK r:IDENTIFIES(twin, rev_to, valid_to)
    WHERE r.twin = twin AND r.rev_to > rev AND r.rev_from <= rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, i.scheme]
  } AS links,
  COLLECT {
    MATCH (g:Goal {twin: twin})
    USING INDEX SEEK g:Goal(twin)
    RETURN [g.id, g.key]
  } AS goals,
  COLLECT {
    MATCH (e:Evidence)-[r:STATES]->(g:Goal)
    USING INDEX SEEK r:STATES(twin, rev_to, valid_to)
    WHERE r.twin = twin AND r.rev_to > rev AND r.rev_from <= rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, e.id, g.id, r.source, r.stance, r.title, r.status, r.priority, r.progress, toString(r.deadline)]
  } AS statements,
  COLLECT {
    MATCH (g:Goal {twin: twin})<-[r:PART_OF|DEPENDS_ON|COMPETES_WITH|MOTIVATES]-(a)
    USING INDEX SEEK g:Goal(twin)
    WHERE r.rev_to > rev AND r.rev_from <= rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, a.id, g.id, type(r), r.weight, r.evidence, r.speaker, r.ended]
  } AS goal_relations,
  COLLECT {
    MATCH (:Twin)-[r:PURSUES]->(g:Goal)
    USING INDEX SEEK r:PURSUES(twin, rev_to, valid_to)
    WHERE r.twin = twin AND r.rev_to > rev AND r.rev_from <= rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, g.id, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, r.title, r.status, r.priority, r.progress, toString(r.deadline), r.importance, r.motivation,
            r.quality, r.reason]
  } AS pursuits,
  COLLECT {
    MATCH (m:Metric {twin: twin})
    USING INDEX SEEK m:Metric(twin)
    RETURN [m.id, m.name, m.subject, m.context, m.statement]
  } AS metrics,
  COLLECT {
    MATCH (:Twin)-[r:MEASURES]->(m:Metric)
    USING INDEX SEEK r:MEASURES(twin, rev_to, valid_to)
    WHERE r.twin = twin AND r.rev_to > rev AND r.rev_from <= rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, m.id, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, r.value, r.label, r.band]
  } AS readings,
  COLLECT {
    MATCH (d:Decision {twin: twin})
    USING INDEX SEEK d:Decision(twin)
    RETURN [d.id, d.key]
  } AS decisions,
  COLLECT {
    MATCH (e:Evidence)-[r:TELLS]->(d:Decision)
    USING INDEX SEEK r:TELLS(twin, rev_to, valid_to)
    WHERE r.twin = twin AND r.rev_to > rev AND r.rev_from <= rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, e.id, d.id, r.source, r.stance, r.title, r.options, r.chosen, r.reasons, r.expected, r.actual]
  } AS decision_statements,
  COLLECT {
    MATCH (:Twin)-[r:DECIDES]->(d:Decision)
    USING INDEX SEEK r:DECIDES(twin, rev_to, valid_to)
    WHERE r.twin = twin AND r.rev_to > rev AND r.rev_from <= rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, d.id, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, r.title, r.status, r.options, r.chosen, r.reasons, r.expected, r.actual]
  } AS deliberations,
  COLLECT {
    MATCH (:Twin)-[r:PERMITS]->(:Purpose)
    USING INDEX SEEK r:PERMITS(twin, rev_to, valid_to)
    WHERE r.twin = twin AND r.rev_to > rev AND r.rev_from <= rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, r.purpose, r.category, r.recipient, r.allowed, r.stated_by, r.event, r.evidence]
  } AS permissions,
  COLLECT {
    MATCH (:Twin)-[r:CONTESTS]->(:Evidence)
    USING INDEX SEEK r:CONTESTS(twin, rev_to, valid_to)
    WHERE r.twin = twin AND r.rev_to > rev AND r.rev_from <= rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, r.evidence, r.event]
  } AS contests,
  COLLECT {
    MATCH (e:Evidence)-[r:BEARS_ON]->(b:Belief)
    USING INDEX SEEK r:BEARS_ON(twin, rev_to, rev_from)
    WHERE r.twin = small AND r.rev_to > 0 AND r.rev_from <= rev
    WITH e, r, b LIMIT $rows
    RETURN [r.revision_id, e.id, r.log_likelihood_ratio, r.valid_from.epochSeconds * 1000000 + r.valid_from.microsecond,
            r.valid_to.epochSeconds * 1000000 + r.valid_to.microsecond, r.rev_from, r.rev_to, b.id, r.source, r.stance,
            r.half_life, r.shared_origin, r.source_kind, r.definition, r.origin, r.shared_across]
  } AS bearings,
  COLLECT {
    MATCH (e:Evidence)-[r:COUNTS_IN]->(m:Metric)
    USING INDEX SEEK r:COUNTS_IN(twin, rev_to, rev_from)
    WHERE r.twin = small AND r.rev_to > 0 AND r.rev_from <= rev
    WITH e, r, m LIMIT $rows
    RETURN [r.revision_id, e.id, r.value, r.valid_from.epochSeconds * 1000000 + r.valid_from.microsecond,
            r.valid_to.epochSeconds * 1000000 + r.valid_to.microsecond, r.rev_from, r.rev_to, m.id, r.source, r.label,
            r.answers, r.definition, r.origin]
  } AS measurements
RETURN collect([
  twin, rev, current, life, at, bearings, measurements,
  [beliefs, relations, holdings, links, goals, statements, goal_relations, pursuits, metrics, readings, decisions, decision_statements,
   deliberations, permissions, contests]
]) AS twins
