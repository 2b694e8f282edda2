// End rows of an analyst's copy.
// params: $rows [element id], $rev
// returns: one record (how many)
// mode: write
UNWIND $rows AS row
MATCH ()-[r]->() WHERE elementId(r) = row
SET r.rev_to = $rev
RETURN count(r) AS closed
