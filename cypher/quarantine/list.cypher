// Events that were set aside, oldest first, from a place in that order.
// params: $tenant, $after_since, $after_id, $limit, $due (null: all; else only those whose own time has come),
//         $identifier (null: all; else only those that carry it), $ids (null: all),
//         $restricted (null: all; else only those that wait for the restriction of this twin to be lifted),
//         $listed (whether to leave out all that wait for a restriction to be lifted)
// returns: one record ([[id, twin, code, reason, since, sealed]])
// mode: read
RETURN COLLECT {
  MATCH (q:Quarantine {tenant: $tenant})
  USING INDEX SEEK q:Quarantine(tenant, since)
  WHERE q.since >= $after_since AND (q.since > $after_since OR q.id > $after_id)
    AND ($due IS NULL OR q.due <= $due)
    AND ($identifier IS NULL OR $identifier IN q.identifiers)
    AND ($ids IS NULL OR q.id IN $ids)
    AND ($restricted IS NULL OR (q.twin = $restricted AND q.code = 'restricted'))
    AND NOT ($listed AND q.code = 'restricted')
  RETURN [q.id, q.twin, q.code, q.reason, toString(q.since), q.sealed]
  ORDER BY q.since, q.id
  LIMIT $limit
} AS events
