// Round the log-odds of every open holding to the grid of `services/grid.py`: whole percentage points up to 99 %, nats beyond.
// returns: one record (how many there are); commits as it goes, and may be run again
// mode: write
MATCH ()-[r:HOLDS]->()
WHERE r.rev_to = 2147483647 AND r.log_odds IS NOT NULL
CALL (r) {
  WITH r, abs(r.log_odds) AS size, sign(r.log_odds) AS side
  WITH r, side, size, 100.0 * (1.0 / (1.0 + exp(-size)) - 0.5) AS points
  WITH r, side, CASE
    WHEN points < 49.5 THEN round(log((50.0 + round(points)) / (50.0 - round(points))), 6)
    WHEN size < 6.5 THEN 6.0
    ELSE round(size)
  END AS rounded
  SET r.log_odds = side * rounded
} IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS rounded
