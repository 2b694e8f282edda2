// Put a policy in force under the next number; a uniqueness constraint stops two of one number.
// params: $policy (properties of Policy)
// returns: one record (the number)
// mode: write
WITH $policy AS values
CREATE (p:Policy)
SET p = values {.*, at: datetime(values.at)}
RETURN p.number AS number
