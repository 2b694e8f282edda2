// A page of the goals of a twin as they were published at a rev, what calls for most work first.
// params: $twin, $rev (null: the current one), $goal (null, or the one goal wanted), $statuses (null, or a list), $skip, $limit
// returns: one record (rev, head time, [goal with its pursuit], how many match, whether the commit was seen whole);
//          none if no such twin or commit
// mode: read
MATCH (t:Twin {id: $twin})
USING INDEX SEEK t:Twin(id)
MATCH (c:Commit {twin: $twin, rev: coalesce($rev, t.rev)})
USING INDEX SEEK c:Commit(twin, rev)
WITH c, c.rev AS rev, t.rev AS began
CALL (c) {
  MATCH ()-[r:PURSUES]->(g:Goal)
  USING INDEX SEEK r:PURSUES(twin, rev_to, valid_to)
  WHERE r.twin = $twin AND r.rev_to > c.rev AND r.valid_to IS NOT NULL AND r.rev_from <= c.rev
    AND ($goal IS NULL OR r.key = $goal)
    AND ($statuses IS NULL OR r.status IN $statuses)
  WITH r, g ORDER BY r.motivation DESC, r.importance DESC, g.key
  RETURN collect({row: r, goal: g}) AS held
}
MATCH (now:Twin {id: $twin})
USING INDEX SEEK now:Twin(id)
RETURN
  rev,
  toString(c.head_time) AS head_time,
  [h IN held[$skip .. $skip + $limit] | [
    [h.goal.id, h.goal.key],
    [h.row.revision_id, h.goal.id, toString(h.row.valid_from), toString(h.row.valid_to), h.row.rev_from, h.row.rev_to,
     h.row.definition, h.row.origin, h.row.title, h.row.status, h.row.priority, h.row.progress,
     toString(h.row.deadline), h.row.importance, h.row.motivation, h.row.quality, h.row.reason]
  ]] AS pursuits,
  size(held) AS total,
  now.rev = began AND coalesce(c.opened_pursuits, 0) = COUNT {
    MATCH ()-[o:PURSUES]->()
    USING INDEX SEEK o:PURSUES(twin, rev_from)
    WHERE o.twin = $twin AND o.rev_from = c.rev
  } AS whole
