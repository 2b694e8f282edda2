// Keep a block of a twin's rows beside them, so that it need not be read row by row; not if the twin is another by now.
// params: $twin, $life, $checkpoint {id, twin, life, kind, number, after, rev, rows, sealed}
// returns: one record (the id); none if it was not written
// mode: write
MATCH (t:Twin {id: $twin})
USING INDEX SEEK t:Twin(id)
SET t.lock = randomUUID()
WITH t
WHERE t.life = $life
MERGE (c:Checkpoint {id: $checkpoint.id})
ON CREATE SET c = $checkpoint
RETURN c.id AS id
