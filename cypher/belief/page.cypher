// A page of the beliefs of a twin as they were published at a rev, with what they are related to.
// params: $twin, $rev (null: the current one), $belief (null, or the one belief wanted),
//         $attributes, $domains, $contexts, $subjects, $statuses (each null, or a list), $least, $most (log-odds or null),
//         $by (confidence, attribute or changed), $sign (1 ascending, -1 descending),
//         $after_number, $after_text, $after_id (where the page before ended, or null), $limit,
//         $levels (0, 1 or 2), $kinds [relationship type], $with_total
// returns: one record (rev, head time, definitions, [belief with its holding], [relation], [other belief with its holding],
//          total or null, whether the commit was seen whole);
//          none if no such twin or commit
// mode: read
MATCH (t:Twin {id: $twin})
USING INDEX SEEK t:Twin(id)
MATCH (c:Commit {twin: $twin, rev: coalesce($rev, t.rev)})
USING INDEX SEEK c:Commit(twin, rev)
WITH c, c.rev AS rev, c.head_time AS head, t.rev AS began
CALL (c, rev) {
  MATCH ()-[r:HOLDS]->()
  USING INDEX SEEK r:HOLDS(twin, rev_to, valid_to)
  WHERE r.twin = $twin AND r.rev_to > rev AND r.valid_to IS NOT NULL AND r.rev_from <= rev
  RETURN collect(r) AS held, count(DISTINCT r.key) AS known, count(CASE WHEN r.rev_from = rev THEN 1 END) AS opened
}
MATCH (now:Twin {id: $twin})
USING INDEX SEEK now:Twin(id)
WITH c, rev, head, held, opened = c.opened_holdings AND size(held) = known AND now.rev = began AS whole
WITH c, rev, head, whole, CASE
  WHEN coalesce($belief, $attributes, $domains, $contexts, $subjects, $statuses, $least, $most) IS NULL THEN held
  ELSE COLLECT {
    UNWIND held AS r
    WITH r, endNode(r) AS b
    WHERE ($belief IS NULL OR r.key = $belief)
      AND ($least IS NULL OR r.log_odds >= $least)
      AND ($most IS NULL OR r.log_odds <= $most)
      AND ($statuses IS NULL OR r.status IN $statuses)
      AND ($attributes IS NULL OR b.attribute IN $attributes)
      AND ($domains IS NULL OR b.domain IN $domains)
      AND ($contexts IS NULL OR b.context IN $contexts)
      AND ($subjects IS NULL OR b.subject IN $subjects)
    RETURN r
  }
END AS matching
WITH c, rev, head, whole, size(matching) AS total,
  COLLECT {
    UNWIND matching AS r
    WITH r, endNode(r) AS b
    WITH r, b, r.key AS id,
      CASE $by
        WHEN 'confidence' THEN coalesce($sign * r.log_odds, 1e9)
        WHEN 'changed' THEN $sign * toFloat(r.rev_from)
        ELSE 0.0
      END AS number,
      CASE WHEN $by = 'attribute' THEN b.attribute ELSE '' END AS text
    WHERE $after_id IS NULL
      OR number > $after_number
      OR (number = $after_number AND (($sign = 1 AND text > $after_text) OR ($sign = -1 AND text < $after_text)
                                      OR (text = $after_text AND id > $after_id)))
    ORDER BY number, CASE WHEN $sign = 1 THEN text END, CASE WHEN $sign = -1 THEN text END DESC, id
    LIMIT $limit
    RETURN {held: r, belief: b}
  } AS page
WITH c, rev, head, total, whole, page, CASE WHEN $levels >= 1 THEN COLLECT {
  UNWIND page AS row
  WITH row.belief AS a
  MATCH (a)-[s:SUPPORTS|CONTRADICTS|IMPLIES|EXCLUDES|CAUSES]-(:Belief)
  WHERE type(s) IN $kinds AND s.rev_to > rev AND s.rev_from <= rev
    AND (s.origin = 'inferred' OR (s.valid_from <= head AND s.valid_to > head))
  RETURN DISTINCT s
} ELSE [] END AS near
WITH c, rev, head, total, whole, page, near, CASE WHEN $levels >= 2 THEN COLLECT {
  UNWIND near AS s
  UNWIND [startNode(s), endNode(s)] AS n
  WITH DISTINCT n
  MATCH (n)-[f:SUPPORTS|CONTRADICTS|IMPLIES|EXCLUDES|CAUSES]-(:Belief)
  WHERE type(f) IN $kinds AND f.rev_to > rev AND f.rev_from <= rev
    AND (f.origin = 'inferred' OR (f.valid_from <= head AND f.valid_to > head))
  RETURN DISTINCT f
} ELSE near END AS related
RETURN
  rev,
  toString(head) AS head_time,
  c.definitions AS definitions,
  COLLECT {
    UNWIND page AS row
    WITH row.belief AS b, row.held AS r
    RETURN [b.id, b.attribute, b.subject, b.context, b.domain, b.statement, b.value, r.log_odds, r.status, r.quality, r.rev_from, r.error]
  } AS beliefs,
  [s IN related | [s.key, startNode(s).id, endNode(s).id, type(s), s.odds_ratio, s.probability, s.origin]] AS relations,
  COLLECT {
    UNWIND related AS s
    UNWIND [startNode(s), endNode(s)] AS n
    WITH DISTINCT n.id AS id
    MATCH (:Twin)-[h:HOLDS]->(o:Belief)
    USING INDEX SEEK h:HOLDS(key, rev_to)
    WHERE h.key = id AND h.rev_to > rev AND h.rev_from <= rev
    RETURN [o.id, o.attribute, o.subject, o.context, o.domain, o.statement, o.value, h.log_odds, h.status, h.quality, h.rev_from, h.error]
  } AS others,
  CASE WHEN $with_total THEN total END AS total,
  whole
