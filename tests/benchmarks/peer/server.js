// The peer of the API's benchmarks: @neo4j/graphql behind graphql-yoga, on the graph that the service wrote.
import { createServer } from "node:http";
import { Neo4jGraphQL } from "@neo4j/graphql";
import { createYoga } from "graphql-yoga";
import neo4j from "neo4j-driver";

const typeDefs = `#graphql
  type Twin @node {
    id: ID!
    name: String!
    rev: Int!
    beliefs: [Belief!]! @relationship(type: "HOLDS", direction: OUT, properties: "Holds")
  }
  type Belief @node {
    id: ID!
    attribute: String!
    statement: String!
    confidence: Float
    supports: [Belief!]!
      @relationship(type: "SUPPORTS", direction: OUT, queryDirection: UNDIRECTED, properties: "Supports")
  }
  type Holds @relationshipProperties {
    log_odds: Float
    status: String!
    rev_from: Int!
    rev_to: Int!
  }
  type Supports @relationshipProperties {
    odds_ratio: Float!
    rev_to: Int!
  }
`;

const { NEO4J_URI, NEO4J_USERNAME, NEO4J_PASSWORD } = process.env;
const driver = neo4j.driver(NEO4J_URI, neo4j.auth.basic(NEO4J_USERNAME, NEO4J_PASSWORD));
const schema = await new Neo4jGraphQL({ typeDefs, driver }).getSchema();
const yoga = createYoga({
  schema,
  graphiql: false,
  logging: false,
  context: () => ({ sessionConfig: { database: "neo4j" } }),
});
const server = createServer(yoga);
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/graphql`));
