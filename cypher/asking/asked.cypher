// Of some types of event, which a twin had taken in by a rev, each with the latest valid time up to a moment.
// params: $twin, $types [CloudEvents type], $rev, $until
// returns: one record ([[type, time]])
// mode: read
RETURN COLLECT {
  MATCH (e:Event {twin: $twin})
  USING INDEX SEEK e:Event(twin)
  WHERE e.type IN $types AND e.time <= datetime($until)
    AND (e.withdrawn IS NULL OR e.withdrawn > $rev)
    AND EXISTS { MATCH (e)<-[:CAUSED_BY]-(c:Commit) WHERE c.rev <= $rev }
  WITH e.type AS type, max(e.time) AS time
  RETURN [type, toString(time)]
} AS asked
