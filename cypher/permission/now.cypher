// The permissions of some twins that are in force on the rev axis now.
// params: $twins [id]
// returns: one record ([[twin, [row of a permission]]] of those that exist)
// mode: read
RETURN COLLECT {
  UNWIND $twins AS twin
  MATCH (t:Twin {id: twin})
  USING INDEX SEEK t:Twin(id)
  RETURN [t.id, COLLECT {
    MATCH (:Twin)-[r:PERMITS]->(:Purpose)
    USING INDEX SEEK r:PERMITS(twin, rev_to, valid_to)
    WHERE r.twin = t.id AND r.rev_to > t.rev AND r.valid_to IS NOT NULL
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, r.purpose, r.category, r.recipient, r.allowed, r.stated_by, r.event, r.evidence]
  }]
} AS permissions
