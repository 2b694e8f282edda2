// Delete what is left of a twin whose rows are gone: identifiers that led to it alone, events that waited for them, the
// person as a source, and their keys; and note that it was done. Where they spoke of others, a nameless source stays.
// params: $twin, $tenant, $person (the source id of the person), $name (the twin's), $receipt (its id),
// $erasure (what is noted)
// returns: one record (how many nodes)
// mode: write
MATCH (t:Erasing {id: $twin})
USING INDEX SEEK t:Erasing(id)
OPTIONAL MATCH (i:Identifier)-[:IDENTIFIES]->(t)
WITH t, collect(DISTINCT i) AS identifiers
DETACH DELETE t
MERGE (e:Erasure {id: $receipt})
SET e += $erasure
WITH [i IN identifiers WHERE NOT EXISTS { (i)-[:IDENTIFIES]->() }] AS alone
CALL (alone) {
  UNWIND alone AS i
  MATCH (q:Quarantine {tenant: $tenant})
  USING INDEX SEEK q:Quarantine(tenant, since)
  WHERE q.since IS NOT NULL AND i.id IN q.identifiers
  DETACH DELETE q
}
FOREACH (i IN alone | DETACH DELETE i)
WITH size(alone) AS erased
CALL () {
  MATCH (s:Source {id: $person})
  USING INDEX SEEK s:Source(id)
  WITH s, EXISTS { (:Evidence)-[:REPORTED_BY]->(s) } AS spoke_of_others
  FOREACH (_ IN CASE WHEN spoke_of_others THEN [1] ELSE [] END | SET s.name = 'erased')
  FOREACH (_ IN CASE WHEN spoke_of_others THEN [] ELSE [1] END | DELETE s)
}
CALL () {
  MATCH (k:ApiKey {tenant: $tenant, person: $name})
  DELETE k
}
RETURN erased + 1 AS erased
