// The overview: is it well, and if not, where.

import { get } from "./api.js";
import { brokerClients } from "./broker-clients.js";
import { $, fill, h, healthMark, mark, setText } from "./dom.js";
import { count, decimal, since, t, time, word } from "./i18n.js";
import { eventRow } from "./event-row.js";
import { live } from "./live.js";
import { queueFigures } from "./mqtt-delivery.js";
import { modulesTable } from "./overview-modules.js";
import { safeModePanel } from "./safe-mode.js";
import { reasonText } from "./shell.js";

const RECENT = 8;
const percent = (part) => (part === undefined || part === null ? "–" : `${decimal(part * 100)} %`);
const ms = (value) => (value === undefined || value === null ? "–" : `${decimal(value)} ms`);

function figure(label, value, more) {
  return h(
    "div",
    { class: "figure" },
    h("dt", {}, label),
    h("dd", {}, value, more && h("span", { class: "unit" }, ` ${more}`)),
  );
}

function health(unit) {
  return h(
    "p",
    { class: `health health-${unit.health}` },
    healthMark(unit.health),
    h("b", {}, word("health", unit.health)),
    unit.reason && h("span", { class: "reason" }, reasonText(unit.reason)),
    unit.since && h("span", { class: "since" }, t("overview.since", { time: since(unit.since) })),
  );
}

function bar(part, label) {
  const filled = h("div", { class: "bar-fill" });
  filled.style.inlineSize = `${Math.min(100, Math.max(0, (part ?? 0) * 100))}%`;
  const level = part > 0.9 ? "high" : part > 0.7 ? "busy" : "calm";
  return h(
    "div",
    {
      class: `bar bar-${level}`,
      role: "meter",
      "aria-label": label,
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": Math.round((part ?? 0) * 100),
    },
    filled,
  );
}

function tagsPanel({ good = 0, uncertain = 0, bad = 0 } = {}) {
  const all = good + uncertain + bad;
  const parts = [
    ["good", good],
    ["uncertain", uncertain],
    ["bad", bad],
  ];
  const stack = h(
    "div",
    { class: "stack", "aria-hidden": "true" },
    parts.map(([quality, number]) => {
      const piece = h("div", { class: `stack-${quality}` });
      piece.style.flexGrow = number;
      return number > 0 && piece;
    }),
  );
  return [
    h("p", { class: "big-number" }, count(all), h("span", { class: "unit" }, ` ${t("overview.tags_all")}`)),
    stack,
    h(
      "ul",
      { class: "quality-list" },
      parts.map(([quality, number]) =>
        h("li", {}, mark(quality), h("b", { class: "number" }, count(number)), " ", word("quality", quality)),
      ),
    ),
    h("p", {}, h("a", { href: "/tags" }, t("overview.to_tags"))),
  ];
}

function lineCard(unit) {
  const d = unit.detail ?? {};
  const exceptions = Object.values(d.exceptions ?? {}).reduce((sum, number) => sum + number, 0);
  return h(
    "article",
    { class: "panel unit-card" },
    h(
      "h3",
      {},
      h("a", { href: `/lines#${encodeURIComponent(unit.name)}` }, unit.name),
      h("span", { class: "kind" }, d.path ? [d.path, d.baud].filter(Boolean).join(" · ") : word("unit_kind", unit.kind)),
    ),
    health(unit),
    d.advice && h("p", { class: "hint" }, d.advice),
    h(
      "div",
      { class: "utilisation" },
      h("span", {}, t("overview.utilisation")),
      bar(d.utilisation, t("overview.utilisation")),
      h("b", { class: "number" }, percent(d.utilisation)),
    ),
    h(
      "dl",
      { class: "figures" },
      figure(t("overview.transactions"), count(d.transactions)),
      figure(t("overview.timeouts"), count(d.timeouts)),
      figure(t("overview.crc_errors"), count(d.crc_errors)),
      figure(t("overview.exceptions"), count(exceptions)),
      figure(t("overview.late"), count(d.late)),
      figure(t("overview.overruns"), count(d.overruns)),
      figure(t("overview.rtt"), d.rtt_ms?.p50 ? `${decimal(d.rtt_ms.p50)} / ${decimal(d.rtt_ms.p99)}` : "–"),
    ),
    (d.devices ?? []).length > 0 &&
      h(
        "div",
        { class: "table-scroll" },
        h(
          "table",
          { class: "compact" },
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              h("th", { scope: "col" }, t("overview.device")),
              h("th", { scope: "col" }, t("overview.state")),
              h("th", { scope: "col", class: "number" }, t("overview.timeouts")),
              h("th", { scope: "col", class: "number" }, t("overview.rtt_short")),
            ),
          ),
          h(
            "tbody",
            {},
            d.devices.map((device) =>
              h(
                "tr",
                {},
                h(
                  "th",
                  { scope: "row" },
                  h("a", { href: `/devices#${encodeURIComponent(device.name)}` }, device.name),
                  h("span", { class: "kind" }, t("overview.unit_id", { n: device.unit_id })),
                ),
                h(
                  "td",
                  {},
                  mark(device.online ? "good" : "bad"),
                  " ",
                  device.online ? t("overview.online") : reasonText(device.reason) || t("overview.offline"),
                ),
                h("td", { class: "number" }, count(device.timeouts)),
                h("td", { class: "number" }, ms(device.rtt_ms?.p50)),
              ),
            ),
          ),
        ),
      ),
  );
}

function mqttCard(unit) {
  const d = unit.detail ?? {};
  return h(
    "article",
    { class: "panel unit-card" },
    h(
      "h3",
      {},
      h("a", { href: `/mqtt#${encodeURIComponent(unit.name)}` }, unit.name),
      h("span", { class: "kind" }, d.url ?? ""),
    ),
    health(unit),
    d.last_error && !d.connected && h("p", { class: "error" }, d.last_error),
    h(
      "dl",
      { class: "figures" },
      figure(t("overview.published"), count(d.published)),
      figure(t("overview.acknowledged"), count(d.acknowledged)),
      figure(t("overview.in_flight"), count(d.in_flight)),
      queueFigures(d),
      figure(t("overview.failed"), count(d.failed)),
      figure(t("overview.received"), count(d.received)),
      figure(t("overview.refused"), count(d.refused)),
      figure(t("overview.connects"), count(d.connects)),
    ),
  );
}

function brokerCard(unit) {
  const d = unit.detail ?? {};
  const clients = Array.isArray(d.clients) ? d.clients : [];
  return h(
    "article",
    { class: "panel unit-card" },
    h("h3", {}, h("a", { href: "/broker" }, word("unit_kind", "broker"))),
    health(unit),
    h(
      "dl",
      { class: "figures" },
      figure(t("overview.clients"), count(clients.length)),
      figure(t("overview.messages_in"), count(d.messages_in)),
      figure(t("overview.messages_out"), count(d.messages_out)),
      figure(t("overview.refused"), count(d.refused)),
    ),
    brokerClients(clients, 20),
  );
}

function otherUnits(units) {
  return h(
    "div",
    { class: "panel" },
    h(
      "ul",
      { class: "unit-list" },
      units.map((unit) =>
        h(
          "li",
          {},
          h("b", {}, word("unit_name", unit.name)),
          h("span", { class: "kind" }, word("unit_kind", unit.kind)),
          health(unit),
        ),
      ),
    ),
  );
}

// What is known of the clock's synchronisation.
const CLOCK = new Map([
  [true, "overview.clock_synced"],
  [false, "overview.clock_free"],
  [null, "overview.clock_unknown"],
]);
// Who says so.
const CLOCK_SOURCE = new Map([
  ["kernel", "overview.clock_by_kernel"],
  ["timesyncd", "overview.clock_by_timesyncd"],
  ["time", "overview.clock_by_time"],
  ["nobody", "overview.clock_by_nobody"],
]);

function modbusCard(unit) {
  const d = unit.detail ?? {};
  const clients = Array.isArray(d.clients) ? d.clients : [];
  return h(
    "article",
    { class: "panel unit-card" },
    h("h3", {}, h("a", { href: "/modbus-server" }, word("unit_kind", "modbus-server"))),
    health(unit),
    h(
      "dl",
      { class: "figures" },
      figure(t("overview.clients"), count(clients.length)),
      figure(t("modbus.requests"), count(d.requests)),
      figure(t("modbus.exceptions"), count(d.exceptions)),
      figure(t("modbus.forwarded"), count(d.forwarded)),
      figure(t("modbus.cached"), count(d.cached)),
      figure(t("overview.refused"), count(d.refused)),
    ),
  );
}

const SECTIONS = [
  ["line", "overview.lines", lineCard, "ports.empty_hint"],
  ["mqtt", "overview.mqtt", mqttCard, "mqtt.empty_hint"],
  ["broker", "overview.broker", brokerCard],
  ["modbus-server", "overview.modbus", modbusCard],
];

function show(status) {
  const units = status.units ?? [];
  const sick = units.filter((unit) => unit.health === "failed" || unit.health === "degraded").length;
  const worst = units.some((unit) => unit.health === "failed") ? "bad" : sick ? "uncertain" : "good";
  fill(
    $("#summary"),
    h(
      "div",
      { class: `verdict verdict-${worst}` },
      mark(worst),
      h("p", {}, sick ? t("overview.sick", { n: sick, all: units.length }) : t("overview.well", { n: units.length })),
    ),
    h(
      "dl",
      { class: "figures" },
      figure(t("overview.revision"), status.revision ?? "–"),
      figure(t("overview.version"), status.appliance?.version ?? "–"),
      figure(
        t("overview.clock"),
        status.clock
          ? t(CLOCK.get(status.clock.synchronised), { who: t(CLOCK_SOURCE.get(status.clock.source)) })
          : "–",
      ),
    ),
  );
  fill($("#tags-panel"), tagsPanel(status.tags));
  const known = new Set([...SECTIONS.map(([kind]) => kind), "module"]);
  const modules = units.filter(({ kind }) => kind === "module");
  const parts = SECTIONS.map(([kind, title, card, empty]) => {
    const own = units.filter((unit) => unit.kind === kind);
    if (!own.length && !empty) return null;
    return h(
      "section",
      { class: own.length > 1 ? "whole" : false },
      h("h2", {}, t(title)),
      own.length ? h("div", { class: "cards" }, own.map(card)) : h("p", { class: "panel empty" }, t(empty)),
    );
  });
  const problems = status.problems ?? [];
  const others = units.filter((unit) => !known.has(unit.kind));
  // Redrawing would take the focus away from a link someone stands on.
  const place = $("#units");
  const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  fill(
    place,
    safeModePanel(status.safe_mode),
    problems.length > 0 &&
      h(
        "section",
        { class: "whole" },
        h("h2", {}, t("overview.problems")),
        h(
          "ul",
          { class: "panel problems" },
          problems
            .slice(0, 20)
            .map(({ pointer, detail, severity }) =>
              h("li", {}, mark(severity === "warning" ? "uncertain" : "bad"), " ", h("code", {}, pointer), " ", detail),
            ),
        ),
      ),
    modules.length > 0 && h("section", {}, h("h2", {}, t("overview.modules")), modulesTable(modules)),
    parts,
    others.length > 0 && h("section", {}, h("h2", {}, t("overview.others")), otherUnits(others)),
  );
  if (focused) place.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

async function recent() {
  const { events } = await get("/events", { limit: RECENT });
  fill(
    $("#recent"),
    events.length
      ? events.slice(0, RECENT).map((event) => eventRow(event, { short: true }))
      : h("li", { class: "empty" }, t("events.none")),
  );
}

let eventsDue = null;
live.addEventListener("status", ({ detail }) => {
  show(detail);
  // What happened is asked for at most every few seconds, however lively the units are.
  eventsDue ??= setTimeout(() => {
    eventsDue = null;
    recent().catch(() => null);
  }, 3000);
});
if (live.status) show(live.status);
recent().catch((error) => setText($("#recent"), error.message));
