// What a goal is, found by its id within what a caller may see.
// params: $goal, $tenant, $person (null: any twin of the tenant; else the name of the only one)
// returns: one record (twin name, the goal's key); none if there is no such goal to be seen
// mode: read
MATCH (g:Goal {id: $goal})
USING INDEX SEEK g:Goal(id)
MATCH (t:Twin {id: g.twin})
USING INDEX SEEK t:Twin(id)
WHERE t.tenant = $tenant AND ($person IS NULL OR t.name = $person)
RETURN t.name, g.key
