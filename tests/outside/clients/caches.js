// Two normalising caches with their default settings: now and an earlier moment of one belief stay apart.
import assert from "node:assert/strict";
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client/core";
import { Client, fetchExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";

const { SERVICE, KEY } = process.env;
const url = `${SERVICE}/graphql`;
const headers = { authorization: `Bearer ${KEY}` };

const apollo = new ApolloClient({ link: new HttpLink({ uri: url, headers }), cache: new InMemoryCache() });
const urql = new Client({
  url,
  preferGetMethod: false,
  exchanges: [cacheExchange({}), fetchExchange],
  fetchOptions: { headers },
});
const done = (answer) => {
  if (answer.error) throw answer.error;
  return answer.data;
};
const clients = {
  "Apollo Client": {
    ask: async (query, variables, fetchPolicy) => done(await apollo.query({ query: gql(query), variables, fetchPolicy })),
    tell: async (mutation, variables) => done(await apollo.mutate({ mutation: gql(mutation), variables })),
    fresh: "network-only",
    kept: "cache-only",
  },
  "urql Graphcache": {
    ask: async (query, variables, requestPolicy) =>
      done(await urql.query(query, variables, { requestPolicy }).toPromise()),
    tell: async (mutation, variables) => done(await urql.mutation(mutation, variables).toPromise()),
    fresh: "network-only",
    kept: "cache-only",
  },
};

const OBSERVE = "mutation O($events: [EventInput!]!) { observe(events: $events) { id status rev } }";
const BELIEF = "id confidence relations { id other { id confidence } } evidence { evidence { id summary } }";
const BOTH = `query Both($twin: String!, $at: DateTime!) {
  now: belief(twin: $twin, key: { attribute: "product.fits" }) { ${BELIEF} }
  then: belief(twin: $twin, key: { attribute: "product.fits" }, asOf: { validTime: $at }) { ${BELIEF} }
  beliefs(twin: $twin) { nodes { id attribute confidence } }
  twin(name: $twin) { name rev }
}`;
const NOW = 'query Now($twin: String!) { belief(twin: $twin, key: { attribute: "product.fits" }) { id confidence } }';
const event = (id, time) => ({ id, source: "caches", type: "audited", time });

// What the service says, past every cache.
const plain = async (query, variables) => {
  const answer = await fetch(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  return (await answer.json()).data;
};

for (const [name, client] of Object.entries(clients)) {
  const twin = `cached by ${name}`;
  const asked = { twin, at: "2026-01-20T00:00:00Z" };
  const first = await client.tell(OBSERVE, { events: [{ ...event("1", "2026-01-05T09:00:00Z"), twin }] });
  assert.equal(first.observe[0].status, "ACCEPTED");
  await client.tell(OBSERVE, { events: [{ ...event("2", "2026-03-01T09:00:00Z"), twin }] });
  const said = await plain(BOTH, asked);
  assert.notEqual(said.now.confidence, said.then.confidence);
  for (const policy of [client.fresh, client.kept]) {
    const { now, then } = await client.ask(BOTH, asked, policy);
    for (const [found, right] of [[now, said.now], [then, said.then]]) {
      assert.equal(found.confidence, right.confidence);
      assert.deepEqual(found.relations.map((each) => each.other.confidence), right.relations.map((each) => each.other.confidence));
      assert.equal(found.evidence.length, right.evidence.length);
    }
  }
  await client.tell(OBSERVE, { events: [{ ...event("3", "2026-03-02T09:00:00Z"), twin }] });
  const after = await client.ask(NOW, { twin }, client.fresh);
  const kept = await client.ask(BOTH, asked, client.kept);
  assert.notEqual(after.belief.confidence, said.now.confidence);
  assert.equal(kept.now.confidence, after.belief.confidence); // the newer answer replaced the older one
  assert.equal(kept.then.confidence, said.then.confidence); // and not that of the moment before
  console.log(`${name}: now ${said.now.confidence.toFixed(4)}, then ${said.then.confidence.toFixed(4)}`);
}
process.exit(0);
