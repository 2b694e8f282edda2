import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import "graphiql/graphiql.css";
import { createClient } from "graphql-ws";
import { createRoot } from "react-dom/client";
import React from "react";

// What the server put into the page: { endpoint, headers, tabs: [{ title, query, variables }] }.
const given = JSON.parse(document.getElementById("given").textContent);

// A key may also come in the fragment (#key=bg_…&purpose=…), which browsers never send. It is taken out of the address at
// once and kept for this browser tab alone, so that a reload still has it.
const KEPT = "beliefgraph:headers";
const fragment = new URLSearchParams(location.hash.slice(1));
const headers = { ...given.headers, ...JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") };
if (fragment.has("key")) {
  headers.Authorization = `Bearer ${fragment.get("key")}`;
  if (fragment.has("purpose")) headers.Purpose = fragment.get("purpose");
  sessionStorage.setItem(KEPT, JSON.stringify(headers));
  history.replaceState(null, "", location.pathname + location.search);
}
const asText = JSON.stringify(headers, null, 2);

const tabs = given.tabs.map((tab) => ({
  ...tab,
  variables: JSON.stringify(tab.variables, null, 2),
  headers: asText,
}));
// GraphiQL shows the variables of its first tab only if they are also given apart; not after a reload, which restores.
const first = sessionStorage.getItem("graphiql:tabState") ? undefined : tabs[0].variables;

const endpoint = new URL(given.endpoint, location.href);
const socket = new URL(endpoint);
socket.protocol = endpoint.protocol === "https:" ? "wss:" : "ws:";

// Subscriptions carry the key of the headers tab in connection_init.
const fetcher = (params, options) => {
  const sent = Object.fromEntries(Object.entries(options?.headers ?? {}).map(([k, v]) => [k.toLowerCase(), v]));
  return createGraphiQLFetcher({
    url: endpoint.href,
    wsClient: createClient({
      url: socket.href,
      connectionParams: { authorization: sent.authorization, purpose: sent.purpose },
    }),
  })(params, options);
};

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={tabs}
    variables={first}
    defaultHeaders={asText}
    defaultEditorToolsVisibility="variables"
    isHeadersEditorEnabled
    shouldPersistHeaders={false}
    storage={{
      getItem: (name) => sessionStorage.getItem(name),
      setItem: (name, value) => sessionStorage.setItem(name, value),
      removeItem: (name) => sessionStorage.removeItem(name),
      clear: () => sessionStorage.clear(),
      get length() {
        return sessionStorage.length;
      },
    }}
  />,
);
