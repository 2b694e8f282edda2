// What a belief is, found by its id within what a caller may see.
// params: $belief, $tenant, $person (null: any twin of the tenant; else the name of the only one)
// returns: one record (twin name, attribute, subject, context, value or null); none if there is no such belief to be seen
// mode: read
MATCH (b:Belief {id: $belief})
USING INDEX SEEK b:Belief(id)
MATCH (t:Twin {id: b.twin})
USING INDEX SEEK t:Twin(id)
WHERE t.tenant = $tenant AND ($person IS NULL OR t.name = $person)
RETURN t.name, b.attribute, b.subject, b.context, b.value
