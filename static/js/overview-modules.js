// The I/O modules on the overview: one line each, since there may be thirty-two.

import { h, healthMark } from "./dom.js";
import { count, t, word } from "./i18n.js";
import { reasonText } from "./shell.js";

export function modulesTable(units) {
  const head = (key, more) => h("th", { scope: "col", class: more }, t(key));
  const row = ({ name, health, reason, detail }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, h("a", { href: `/modules#${encodeURIComponent(name)}` }, name), h("span", { class: "kind" }, detail?.model)),
      h("td", { class: "number" }, detail?.slot ?? "–"),
      h("td", {}, healthMark(health), " ", word("health", health), reason && `: ${reasonText(reason)}`),
      h("td", { class: "number" }, count(detail?.overruns)),
      h("td", { class: "number" }, count(detail?.forced)),
    );
  const bySlot = [...units].sort((a, b) => (a.detail?.slot ?? 0) - (b.detail?.slot ?? 0));
  return h(
    "div",
    { class: "panel table-scroll" },
    h(
      "table",
      { class: "compact" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          head("overview.module"),
          head("field.slot", "number"),
          head("overview.state"),
          head("module.overruns", "number"),
          head("module.forced_count", "number"),
        ),
      ),
      h("tbody", {}, bySlot.map(row)),
    ),
  );
}
