// What became of the messages of a connection: how much waits, how long there is room, and the ledger of each publication.

import { fill, h, healthMark, mark } from "./dom.js";
import { count, decimal, t, word } from "./i18n.js";
import { live } from "./live.js";
import { reasonText } from "./shell.js";

const MIB = 1024 * 1024;
const DAY_H = 24;

/** A time in milliseconds, in the unit people would say. */
function age(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 90_000) return `${decimal(ms / 1000)} s`;
  if (ms < 90 * 60_000) return `${decimal(ms / 60_000)} min`;
  return t("mqtt.hours", { n: decimal(ms / 3_600_000) });
}

const hours = (n) => (n === null || n === undefined ? "–" : t("mqtt.hours", { n: n < DAY_H ? decimal(n) : count(Math.round(n)) }));

export const figure = (label, value) => h("div", { class: "figure" }, h("dt", {}, label), h("dd", {}, value));

/** The queue's figures as the overview and the editor show them. */
export function queueFigures({ queue } = {}) {
  if (!queue?.on && !queue?.records) return [];
  return [
    figure(t("mqtt.waiting"), count(queue.records)),
    figure(t("mqtt.oldest"), age(queue.oldest_ms)),
    figure(t("mqtt.room_left"), hours(queue.hours_left)),
  ];
}

const dropped = (row) => Object.values(row.dropped).reduce((sum, number) => sum + number, 0);
const reasons = (row) =>
  Object.entries(row.dropped)
    .map(([reason, number]) => `${word("dropped", reason)}: ${count(number)}`)
    .join(", ");

function ledger(rows, what) {
  const head = [what, "mqtt.produced", "overview.acknowledged", "mqtt.queued", "mqtt.dropped"];
  return h(
    "div",
    { class: "table-scroll" },
    h(
      "table",
      { class: "compact" },
      h("thead", {}, h("tr", {}, head.map((key, n) => h("th", { scope: "col", class: n > 0 && "number" }, t(key))))),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, row.name, row.removed && h("span", { class: "kind" }, t("mqtt.removed"))),
            h("td", { class: "number" }, count(row.produced)),
            h("td", { class: "number" }, count(row.acknowledged)),
            h("td", { class: "number" }, count(row.queued)),
            h(
              "td",
              { class: "number" },
              count(dropped(row)),
              dropped(row) > 0 && h("span", { class: "kind" }, reasons(row)),
            ),
          ),
        ),
      ),
    ),
  );
}

const bridgeFigures = ({ brought, returned, missed, given_up: givenUp }) =>
  h(
    "dl",
    { class: "figures" },
    figure(t("bridge.brought"), count(brought)),
    figure(t("bridge.returned"), count(returned)),
    figure(t("bridge.missed"), count(missed)),
    figure(t("bridge.given_up"), count(givenUp)),
  );

/** The panel of one connection, which follows the stream as long as it stands on the page. */
export class Delivery {
  #id;
  #kind;
  #show = () => this.show();

  /** `id` gives that of the connection, or of another unit of this kind that delivers as one. */
  constructor(id, kind = "mqtt") {
    this.#id = id;
    this.#kind = kind;
    this.element = h("section", { class: "items delivery" });
    live.addEventListener("status", this.#show);
    this.show();
  }

  end() {
    live.removeEventListener("status", this.#show);
  }

  show() {
    const key = `${this.#kind}/${this.#id()}`;
    const unit = live.status?.units?.find((one) => one.key === key);
    const detail = unit?.detail;
    const title = h("h3", {}, t("mqtt.delivery"));
    if (!detail?.queue) {
      fill(this.element, title, h("p", { class: "empty" }, t("mqtt.delivery_none")));
      return;
    }
    const { queue, ledger: rows } = detail;
    const room = t("mqtt.of", { part: `${decimal(queue.bytes / MIB)} MiB`, all: `${count(queue.max_bytes / MIB)} MiB` });
    fill(
      this.element,
      title,
      unit.reason &&
        unit.reason !== queue.trouble &&
        h("p", { class: "trouble" }, healthMark(unit.health), " ", reasonText(unit.reason)),
      queue.trouble && h("p", { class: "trouble" }, mark("bad"), " ", reasonText(queue.trouble)),
      queue.notice && h("p", { class: "trouble" }, mark("uncertain"), " ", reasonText(queue.notice)),
      queue.on || queue.records > 0
        ? h(
            "dl",
            { class: "figures" },
            queueFigures(detail),
            figure(t("mqtt.room_used"), room),
            figure(t("mqtt.rate"), queue.rate === null ? "–" : t("mqtt.per_second", { n: decimal(queue.rate) })),
          )
        : h("p", { class: "hint" }, t("mqtt.off")),
      rows.length > 0 && [ledger(rows, this.#kind === "bridge" ? "bridge.one" : "mqtt.publication"), h("p", { class: "hint" }, t("mqtt.ledger_hint"))],
      detail.bridge && bridgeFigures(detail.bridge),
      !unit.reason && detail.last_error && h("p", { class: "hint" }, t("mqtt.last_error"), " ", reasonText(detail.last_error)),
    );
  }
}
