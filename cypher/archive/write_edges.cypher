// Create relationships between nodes that were just created.
// params: $rows [[element id from, type, properties, element id to]]
// returns: one record (how many)
// mode: write
UNWIND $rows AS row
MATCH (a) WHERE elementId(a) = row[0]
MATCH (b) WHERE elementId(b) = row[3]
CREATE (a)-[r:$(row[1])]->(b)
SET r = row[2]
RETURN count(r) AS edges
