// Note that a migration has been taken; a uniqueness constraint lets only one process do so.
// params: $number, $name, $at
// returns: one record (the number)
// mode: write
CREATE (m:Migration {number: $number, name: $name, at: $at})
RETURN m.number AS number
