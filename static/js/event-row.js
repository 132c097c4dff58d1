// One event as people read it.

import { h, mark } from "./dom.js";
import { time, word } from "./i18n.js";

const RESULT_MARK = { ok: "good", failed: "bad", refused: "uncertain" };
const resultMark = (result) => mark(RESULT_MARK[result] ?? "idle");

const detailText = (detail) =>
  detail === null || detail === undefined ? "" : typeof detail === "object" ? JSON.stringify(detail) : String(detail);

/** As a list item for the overview, or as a table row for the log. */
export function eventRow(event, { short = false } = {}) {
  const subject = event.category === "unit" ? word("unit_name", event.subject) : word("subject", event.subject);
  if (short) {
    return h(
      "li",
      { class: "event" },
      h("time", { datetime: event.time }, time(event.time)),
      resultMark(event.result),
      h(
        "span",
        {},
        h("b", {}, word("category", event.category)),
        " ",
        subject,
        " ",
        h("span", { class: "quiet-text" }, detailText(event.detail)),
      ),
    );
  }
  return h(
    "tr",
    {},
    h("td", { class: "number" }, String(event.id)),
    h("td", { class: "number nowrap" }, time(event.time, { always: true, millis: true })),
    h("td", { class: "nowrap" }, word("category", event.category)),
    h("td", { class: "nowrap" }, event.source ?? ""),
    h("td", {}, event.actor ?? ""),
    h("td", {}, subject),
    h("td", { class: "nowrap" }, resultMark(event.result), " ", word("result", event.result)),
    h("td", { class: "event-detail" }, detailText(event.detail)),
  );
}
