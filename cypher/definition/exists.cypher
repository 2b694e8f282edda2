// Whether a version of a catalog was ever published in a tenant.
// params: $tenant, $catalog, $version
// returns: one record (true or false)
// mode: read
RETURN EXISTS { MATCH (:Catalog {tenant: $tenant, catalog: $catalog, version: $version}) } AS found
