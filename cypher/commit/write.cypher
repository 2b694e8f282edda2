// Lock the twins, in order; if each is still at the rev of the life its changes were computed from, write one commit of each:
// events, evidence, beliefs, rows closed and rows opened. If one is elsewhere, write nothing and leave no new twin behind.
// params: $twins [{id, tenant, name, life, expected, rev, head_time, last_updated, definitions}], sorted by id,
//         $events [{delivery, values}], $sources [{id, values}], $evidence [{event, source, values, labels}], $beliefs [{values}],
//         $closed_bearings [{id, evidence, rev}], $bearings [{evidence, belief, values}],
//         $closed_holdings [{id, key, rev, caption (null unless none follows)}], $holdings [{caption, confidence, labels, values}], $commits [{values, events}]
// returns: one record ([[id, rev] of every twin that is elsewhere]); all was written if it is empty, and nothing if not
// mode: write
CALL () {
  UNWIND $twins AS want
  MERGE (t:Twin {id: want.id})
  ON CREATE SET t.rev = 0, t.tenant = want.tenant, t.name = want.name, t.life = want.life
  SET t.lock = randomUUID()
  WITH t, want
  WHERE t.rev <> want.expected OR t.life <> want.life OR EXISTS { MATCH (e:Erasing {id: want.id}) USING INDEX SEEK e:Erasing(id) }
  RETURN collect([t.id, t.rev]) AS elsewhere
}
CALL (elsewhere) {
  UNWIND CASE WHEN elsewhere = [] THEN [] ELSE $twins END AS want
  MATCH (t:Twin {id: want.id})
  USING INDEX SEEK t:Twin(id)
  WHERE t.rev = 0
  DELETE t
}
CALL (elsewhere) {
  WITH elsewhere
  WHERE elsewhere = []
  CALL () {
    UNWIND $twins AS want
    MATCH (t:Twin {id: want.id})
    USING INDEX SEEK t:Twin(id)
    SET t.rev = want.rev, t.head_time = datetime(want.head_time), t.last_updated = datetime(want.last_updated),
      t.definitions = want.definitions
  }
  CALL () {
    UNWIND $sources AS row
    MERGE (s:Source {id: row.id})
    ON CREATE SET s.tenant = row.tenant, s.name = row.name
  }
  CALL () {
    UNWIND $events AS row
    CREATE (e:Delivery:Event)
    SET e = row {.*, time: datetime(row.time)}
  }
  CALL () {
    UNWIND $evidence AS row
    WITH row, row.values AS values
    MATCH (s:Source {id: row.source})
    USING INDEX SEEK s:Source(id)
    MATCH (e:Event {id: row.event})
    USING INDEX SEEK e:Event(id)
    CREATE (e)<-[:FROM]-(v:Evidence)-[:REPORTED_BY]->(s)
    SET v = values {.*, time: datetime(values.time)}, v:$(row.labels)
  }
  CALL () {
    UNWIND $beliefs AS row
    CREATE (b:Belief)
    SET b = row
  }
  CALL () {
    UNWIND $closed_bearings AS row
    MATCH (v:Evidence {id: row.evidence})-[r:BEARS_ON {revision_id: row.id}]->()
    USING INDEX SEEK v:Evidence(id)
    SET r.rev_to = row.rev
  }
  CALL () {
    UNWIND $bearings AS row
    WITH row, row.values AS values
    MATCH (v:Evidence {id: row.evidence})
    USING INDEX SEEK v:Evidence(id)
    MATCH (b:Belief {id: row.belief})
    USING INDEX SEEK b:Belief(id)
    CREATE (v)-[r:BEARS_ON]->(b)
    SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
  }
  CALL () {
    UNWIND $closed_holdings AS row
    MATCH ()-[r:HOLDS {key: row.key, rev_to: 2147483647}]->(b)
    USING INDEX SEEK r:HOLDS(key, rev_to)
    WHERE r.revision_id = row.id
    SET r.rev_to = row.rev
    WITH row, b
    WHERE row.caption IS NOT NULL
    REMOVE b:Likely:Unlikely
    SET b.confidence = NULL, b.caption = row.caption
  }
  CALL () {
    UNWIND $holdings AS row
    WITH row, row.values AS values
    MATCH (t:Twin {id: values.twin})
    USING INDEX SEEK t:Twin(id)
    MATCH (b:Belief {id: values.key})
    USING INDEX SEEK b:Belief(id)
    CREATE (t)-[r:HOLDS]->(b)
    SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}, b.confidence = row.confidence, b.caption = row.caption
    REMOVE b:Likely:Unlikely
    SET b:$(row.labels)
  }
  CALL () {
    UNWIND $commits AS row
    WITH row, row.values AS values
    CREATE (c:Commit)
    SET c = values {.*, at: datetime(values.at), head_time: datetime(values.head_time)}
    WITH c, row
    UNWIND row.events AS event
    MATCH (e:Event {id: event})
    USING INDEX SEEK e:Event(id)
    CREATE (c)-[:CAUSED_BY]->(e)
  }
  RETURN count(*) AS written
}
RETURN elsewhere
