// What some twins of a tenant published and which events came, for forecasts; moments in microseconds since 1970.
// params: $tenant, $twins ([id]), $rev (null: the current one; else what that rev saw), $made_at (null, or forecasts of then
//         are named),
//         $attributes [name], $metrics [name], $goals, $decisions (whether these are wanted), $sealed [type of event],
//         $known (whether the head time of each event's commit is wanted), $corrected [attribute whose corrections are wanted]
// returns: one record ([[id, name, rev, definitions, [event], [sealed event], [holding], [reading], [pursuit],
//          [deliberation], [id of a forecast], [correction]]])
// mode: read
RETURN COLLECT {
  UNWIND $twins AS id
  MATCH (t:Twin {id: id})
  USING INDEX SEEK t:Twin(id)
  WHERE t.tenant = $tenant AND t.rev > 0
  WITH t, coalesce($rev, t.rev) AS rev
  RETURN [
    t.id,
    t.name,
    rev,
    COLLECT {
      MATCH (c:Commit {twin: t.id, rev: rev})
      USING INDEX SEEK c:Commit(twin, rev)
      RETURN c.definitions
    }[0],
    COLLECT {
      MATCH (e:Event {twin: t.id})
      USING INDEX SEEK e:Event(twin)
      WHERE NOT e.type STARTS WITH 'beliefgraph.'
        AND (e.withdrawn IS NULL OR e.withdrawn > rev)
        AND ($rev IS NULL OR EXISTS { MATCH (c:Commit)-[:CAUSED_BY]->(e) WHERE c.rev <= rev })
      RETURN [e.type, e.time.epochSeconds * 1000000 + e.time.microsecond, e.id, COLLECT {
        MATCH (c:Commit)-[:CAUSED_BY]->(e)
        WHERE $known
        RETURN c.head_time.epochSeconds * 1000000 + c.head_time.microsecond ORDER BY c.rev LIMIT 1
      }[0]]
      ORDER BY e.time
    },
    COLLECT {
      MATCH (e:Event {twin: t.id})
      USING INDEX SEEK e:Event(twin)
      WHERE e.type IN $sealed
      RETURN [e.id, e.sealed]
    },
    COLLECT {
      MATCH (:Twin)-[r:HOLDS]->(b:Belief)
      USING INDEX SEEK r:HOLDS(twin, rev_from)
      WHERE r.twin = t.id AND r.rev_from <= rev AND b.attribute IN $attributes
      RETURN [b.attribute, b.value, b.subject, b.context, r.valid_from.epochSeconds * 1000000 + r.valid_from.microsecond,
        COLLECT {
          MATCH (c:Commit {twin: t.id, rev: r.rev_to})
          USING INDEX SEEK c:Commit(twin, rev)
          WHERE r.rev_to <= rev
          RETURN c.head_time.epochSeconds * 1000000 + c.head_time.microsecond
        }[0], r.log_odds]
      ORDER BY r.rev_from
    },
    COLLECT {
      MATCH (:Twin)-[r:MEASURES]->(m:Metric)
      USING INDEX SEEK r:MEASURES(twin, rev_from)
      WHERE r.twin = t.id AND r.rev_from <= rev AND m.name IN $metrics
      RETURN [m.name, m.subject, m.context, r.valid_from.epochSeconds * 1000000 + r.valid_from.microsecond, r.value]
      ORDER BY r.rev_from
    },
    COLLECT {
      MATCH (:Twin)-[r:PURSUES]->(g:Goal)
      USING INDEX SEEK r:PURSUES(twin, rev_from)
      WHERE $goals AND r.twin = t.id AND r.rev_from <= rev
      RETURN [g.key, r.valid_from.epochSeconds * 1000000 + r.valid_from.microsecond, r.status, r.progress, r.motivation]
      ORDER BY r.rev_from
    },
    COLLECT {
      MATCH (:Twin)-[r:DECIDES]->(d:Decision)
      USING INDEX SEEK r:DECIDES(twin, rev_from)
      WHERE $decisions AND r.twin = t.id AND r.rev_from <= rev
      RETURN [d.key, r.valid_from.epochSeconds * 1000000 + r.valid_from.microsecond, r.status]
      ORDER BY r.rev_from
    },
    COLLECT {
      MATCH (t)-[:FORECASTS]->(f:Forecast)
      WHERE f.made_at = $made_at
      RETURN f.id
    },
    COLLECT {
      UNWIND CASE WHEN size($corrected) > 0 THEN [t.id] ELSE [] END AS twin
      MATCH (:Evidence)-[r:BEARS_ON]->(b:Belief)
      USING INDEX SEEK r:BEARS_ON(twin, rev_to, rev_from)
      WHERE r.twin = twin AND r.rev_to > rev AND r.rev_from <= rev AND r.stance = 'correction' AND b.attribute IN $corrected
      RETURN [b.attribute, b.value, b.subject, b.context, r.valid_from.epochSeconds * 1000000 + r.valid_from.microsecond,
        r.valid_to.epochSeconds * 1000000 + r.valid_to.microsecond, r.log_likelihood_ratio > 0]
    }
  ]
  ORDER BY t.id
} AS twins
