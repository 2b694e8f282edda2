// Mark what Neo4j Browser colours by its label: beliefs by their confidence, and evidence that speaks only against.
// params: $likely, $unlikely, $unsure (ids of beliefs), $against (ids of evidence)
// returns: one record (true)
// mode: write
CALL () {
  UNWIND $likely AS id
  MATCH (b:Belief {id: id})
  REMOVE b:Unlikely
  SET b:Likely
}
CALL () {
  UNWIND $unlikely AS id
  MATCH (b:Belief {id: id})
  REMOVE b:Likely
  SET b:Unlikely
}
CALL () {
  UNWIND $unsure AS id
  MATCH (b:Belief {id: id})
  REMOVE b:Likely:Unlikely
}
CALL () {
  UNWIND $against AS id
  MATCH (e:Evidence {id: id})
  SET e:Against
}
RETURN true AS shown
