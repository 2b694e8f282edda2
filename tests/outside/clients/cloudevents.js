// The CloudEvents SDK for JavaScript: events as it writes them are taken in, each once.
import assert from "node:assert/strict";
import { CloudEvent, HTTP } from "cloudevents";

const { SERVICE, KEY } = process.env;
const authorization = `Bearer ${KEY}`;
const made = (id) =>
  new CloudEvent({
    id, source: "/js", type: "priced", time: "2026-01-05T09:00:00Z", twin: "javascript", data: { note: "é" },
  });
const send = async ({ headers, body }) => {
  const answer = await fetch(`${SERVICE}/events`, { method: "POST", headers: { ...headers, authorization }, body });
  return [answer.status, (await answer.json()).receipts.map((receipt) => receipt.status)];
};
const batch = (...events) => ({
  headers: { "content-type": "application/cloudevents-batch+json" },
  body: JSON.stringify(events),
});
assert.deepEqual(await send(HTTP.binary(made("1"))), [200, ["accepted"]]);
assert.deepEqual(await send(HTTP.structured(made("1"))), [200, ["duplicate"]]);
assert.deepEqual(await send(batch(made("1"), made("2"))), [200, ["duplicate", "accepted"]]);
console.log("binary, structured and batched");
