// The numbers of the migrations already taken.
// returns: one record ([number])
// mode: read
RETURN COLLECT { MATCH (m:Migration) RETURN m.number ORDER BY m.number } AS taken
