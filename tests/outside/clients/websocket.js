// The reference client of graphql-transport-ws: a query, a refusal, a command, a subscription, a key that is none.
import assert from "node:assert/strict";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const { SERVICE, KEY } = process.env;
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
console.log("a query, a refusal, a command, a subscription and a wrong key");
