// Some events of a twin as they were taken in: the event, the rev that it came with, the evidence that it yielded, and the
// sealed words of what it tells of decisions. Evidence is taken back if a withdrawal was the last to close rows of it: version
// 0.1.0 withdrew single pieces, without a note on the event.
// params: $twin, $ids [event id]
// returns: one record ([[event id, delivery, body, via, sealed event, rev, [[evidence id, taken back]], [[revision id, sealed words]]]])
// mode: read
RETURN COLLECT {
  UNWIND $ids AS id
  MATCH (e:Event {id: id})
  USING INDEX SEEK e:Event(id)
  WHERE e.twin = $twin AND e.withdrawn IS NULL
  RETURN [
    e.id,
    e.delivery,
    e.body,
    e.via,
    e.sealed,
    COLLECT {
      MATCH (e)<-[:CAUSED_BY]-(c:Commit)
      RETURN c.rev ORDER BY c.rev LIMIT 1
    }[0],
    COLLECT {
      MATCH (e)<-[:FROM]-(v:Evidence)
      OPTIONAL MATCH (v)-[r:BEARS_ON|STATES|TELLS|COUNTS_IN]->()
      WITH v, max(r.rev_to) AS closed
      RETURN [v.id, EXISTS {
        MATCH (c:Commit {twin: $twin, rev: closed})
        USING INDEX SEEK c:Commit(twin, rev)
        WHERE c.cause IN ['withdrawn', 'identified']
      }]
    },
    COLLECT {
      MATCH (e)<-[:FROM]-(:Evidence)-[r:TELLS]->()
      WHERE r.rev_to = 2147483647 AND r.sealed IS NOT NULL
      RETURN [r.revision_id, r.sealed]
    }
  ]
} AS events
