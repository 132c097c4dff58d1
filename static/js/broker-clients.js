// Who is connected to the embedded broker, as a table.

import { h } from "./dom.js";
import { count, t, time } from "./i18n.js";

const HEAD = ["overview.client", "field.username", "overview.address", "overview.connected_since", "broker.waiting"];

/** The table of at most so many clients, and a line about those that are left out; nothing where there is none. */
export function brokerClients(clients, most = Infinity) {
  if (clients.length === 0) return [];
  const row = (client) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, client.id),
      h("td", {}, client.user ?? "–"),
      h("td", {}, client.address),
      h("td", {}, time(client.since)),
      h("td", { class: "number" }, count(client.waiting)),
    );
  return [
    h(
      "div",
      { class: "table-scroll" },
      h(
        "table",
        { class: "compact" },
        h("thead", {}, h("tr", {}, HEAD.map((key) => h("th", { scope: "col" }, t(key))))),
        h("tbody", {}, clients.slice(0, most).map(row)),
      ),
    ),
    clients.length > most && h("p", { class: "hint" }, t("overview.more_clients", { n: clients.length - most })),
  ];
}
