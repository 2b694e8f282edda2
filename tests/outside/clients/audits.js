// The audits of GraphQL over HTTP, as the reference implementation has them: no error and no warning.
import { serverAudits } from "graphql-http";

const { SERVICE, KEY } = process.env;
const authorization = `Bearer ${KEY}`;
const audits = serverAudits({
  url: `${SERVICE}/graphql`,
  fetchFn: (url, init = {}) => fetch(url, { ...init, headers: { ...init.headers, authorization } }),
});
const counts = { ok: 0, notice: 0, warn: 0, error: 0 };
for (const audit of audits) {
  const { status, name, reason } = await audit.fn();
  counts[status] += 1;
  if (status !== "ok") console.log(`${status}: ${audit.id} ${name}: ${reason}`);
}
console.log(JSON.stringify(counts));
process.exitCode = counts.warn + counts.error ? 1 : 0;
