// The reference client of graphql-transport-ws: a query, a refusal, a command, a subscription, a key that is none, and
// the subscription of docs/clients.md, which goes on where it was when the connection breaks.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import net from "node:net";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const { SERVICE, KEY, PAGE } = process.env;
const url = `${SERVICE.replace("http", "ws")}/graphql`;
const connect = (key) =>
  createClient({
    url,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: `Bearer ${key}` },
  });
const once = (client, query, variables) =>
  new Promise((resolve, reject) => {
    let answer;
    client.subscribe({ query, variables }, { next: (value) => (answer = value), error: reject, complete: () => resolve(answer) });
  });
const OBSERVE = "mutation O($events: [EventInput!]!) { observe(events: $events) { status rev } }";
const event = (id) => ({
  id, source: "ws", type: "priced", time: "2026-01-05T09:00:00Z", twin: "websocket",
});

const client = connect(KEY);
assert.deepEqual(await once(client, "{ __typename }"), { data: { __typename: "Query" } });
await assert.rejects(once(client, "{ nothing }"), (errors) => errors[0].extensions.code === "invalid-query");
const first = await once(client, OBSERVE, { events: [event("1")] });
assert.equal(first.data.observe[0].status, "ACCEPTED");

const changes = client.iterate({ query: 'subscription { changes(twin: "websocket", afterRev: 0) { rev } }' });
assert.deepEqual((await changes.next()).value, { data: { changes: { rev: 1 } } });
await once(client, OBSERVE, { events: [event("2")] });
assert.deepEqual((await changes.next()).value, { data: { changes: { rev: 2 } } });
assert.equal((await changes.return()).done, true);
await client.dispose();

await assert.rejects(once(connect("bg_none"), "{ __typename }"), (close) => close.code === 4403);
// A line to the service that can be cut.
const { hostname, port } = new URL(SERVICE);
const ends = new Set();
const line = net.createServer((near) => {
  const far = net.connect(Number(port), hostname);
  for (const end of [near, far]) ends.add(end.on("error", () => {}));
  near.pipe(far).pipe(near);
});
await new Promise((listening) => line.listen(0, "127.0.0.1", listening));
const example = readFileSync(PAGE, "utf8").match(/```js\n([\s\S]*?)```/)[1].replace('"lena"', '"websocket"');
const seen = [];
const until = async (rev) => {
  while (seen.at(-1) !== rev) await new Promise((tick) => setTimeout(tick, 20));
};
const following = createClient({
  url: `ws://127.0.0.1:${line.address().port}/graphql`,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${KEY}` },
});
new Function("client", "show", example)(following, (change) => seen.push(change.rev));
await until(2);
const writing = connect(KEY);
for (const id of ["3", "4"]) {
  for (const end of ends) end.destroy();
  ends.clear();
  await once(writing, OBSERVE, { events: [event(id)] });
  await until(Number(id));
}
assert.deepEqual(seen, [1, 2, 3, 4]);
console.log("a query, a refusal, a command, a subscription, a wrong key, and two broken connections");
process.exit(0);
