// The editor of the Modbus/TCP server: settings, register map, ways through to devices; and who is connected.

import { get } from "./api.js";
import { boolColumn, choiceColumn, numberColumn, textColumn, unitIds, wordsColumn } from "./columns.js";
import { ConfigDocument } from "./document.js";
import { complain } from "./dialog.js";
import { $, fill, h } from "./dom.js";
import { certificateNames, failedToLoad } from "./editor.js";
import { Form, number } from "./form.js";
import { count, decimal, t, time } from "./i18n.js";
import { listGrid } from "./list-grid.js";
import { live } from "./live.js";
import * as pointers from "./pointer.js";
import { saveBar } from "./savebar.js";
import { TYPES } from "./tag-columns.js";

const AT = "/modbus_server";
const SECURITY = `${AT}/security`;
const ROLES = `${SECURITY}/roles`;
const ROUTES = `${AT}/gateway`;
const ENTRIES = `${AT}/map/entries`;
const MODULES = `${AT}/map/modules`;
const TABLES = ["coil", "discrete", "input", "holding"];

/** A list, or its only element as it may be written. */
const lines = {
  show: (value) => [value].flat().join("\n"),
  parse(text) {
    const list = text.split("\n").map((line) => line.trim()).filter(Boolean);
    return { value: list.length === 1 ? list[0] : list };
  },
};
const unit = { show: String, parse: (text) => (text === "any" ? { value: text } : number({ min: 0, max: 255 }, text)) };
const stale = {
  show: (value) => (typeof value === "object" ? String(value.fill) : String(value)),
  parse(text) {
    if (text === "last" || text === "exception") return { value: text };
    const { value, mistake } = number({ whole: false }, text);
    return { value: mistake ? value : { fill: value }, mistake };
  },
};

const GENERAL = [
  {
    fields: [
      { key: "enabled", kind: "check", def: true },
      { key: "address", label: "addresses", hint: "addresses", kind: "area", rows: 2, def: "0.0.0.0:502", ...lines },
      { key: "unit_id", label: "own_unit", hint: "own_unit", def: 1, ...unit },
      { key: "max_connections", kind: "number", def: 32, min: 1, max: 256 },
      { key: "idle_timeout_s", kind: "number", def: 60, min: 1, max: 65535, unit: "s" },
      { key: "answer_writes", kind: "select", options: ["field", "at-once"], def: "field" },
      { key: "priority_clients", kind: "lines", rows: 2, sample: "10.0.0.5" },
    ],
  },
];
/** The names of certificates; filled once the document is there. */
let certificates = () => [];
const ENCRYPTED = [
  {
    fields: [
      { key: "address", label: "addresses", hint: "addresses_802", kind: "area", rows: 2, def: "0.0.0.0:802", ...lines },
      { key: "certificate", kind: "suggest", hint: "listener_certificate", options: () => certificates(), required: true },
      { key: "client_ca", kind: "area", rows: 4, wide: true, sample: "-----BEGIN CERTIFICATE-----", required: true },
      { key: "min_version", kind: "select", words: "none", options: ["1.2", "1.3"], def: "1.2" },
    ],
  },
];
const MAP = [
  {
    title: "section.map",
    fields: [
      { key: "mode", label: "map_mode", hint: "none", kind: "select", options: ["auto", "edited"], def: "auto" },
      {
        key: "order",
        label: "map_order",
        kind: "select",
        words: "none",
        options: ["big-endian", "word-swap", "byte-swap", "little-endian"],
        def: "big-endian",
      },
      { key: "stale", kind: "suggest", options: () => ["last", "exception"], def: "last", ...stale },
      { key: "max_age_ms", kind: "number", min: 1, max: 86400000, unit: "ms" },
      { key: "gaps", kind: "select", options: ["zero", "exception"], def: "zero" },
      { key: "writable", label: "map_writable", hint: "none", kind: "check", def: true, when: ({ mode }) => mode !== "edited" },
    ],
  },
];

const roleColumns = () => [
  textColumn("role", { width: 12, pinned: true, label: t("field.certificate_role") }),
  choiceColumn("access", ["read", "read-write"], { width: 8, label: t("field.role_access") }),
  wordsColumn("units", { parse: unitIds, width: 8 }),
  wordsColumn("areas", { width: 14, label: t("field.role_areas"), help: t("hint.role_areas") }),
  textColumn("description", { width: 18 }),
];
const routeColumns = () => [
  textColumn("units", { width: 8, pinned: true }),
  textColumn("port", { width: 9 }),
  numberColumn("offset", { min: -255, max: 255, label: t("field.route_offset"), help: t("hint.route_offset") }),
  numberColumn("timeout_ms", { min: 10, max: 120000, width: 9 }),
  boolColumn("priority", { width: 6 }),
  numberColumn("cache_ms", { min: 1, max: 3600000, width: 9 }),
  textColumn("description", { width: 18 }),
];
const moduleColumns = () => [
  textColumn("module", { width: 12, pinned: true, label: t("field.own_module") }),
  numberColumn("unit_id", { min: 1, max: 247, help: t("hint.module_unit") }),
  ...TABLES.map((table) => numberColumn(table, { min: 0, max: 65535, label: table, help: t("hint.module_base") })),
  textColumn("description", { width: 18 }),
];
const entryColumns = (attributes) => [
  choiceColumn("table", TABLES, { pinned: true, width: 7 }),
  numberColumn("address", { min: 0, max: 65535 }),
  textColumn("tag", { width: 15 }),
  choiceColumn("attribute", attributes, { width: 9 }),
  choiceColumn("type", TYPES),
  textColumn("order", { width: 8 }),
  numberColumn("length", { min: 1, max: 123 }),
  boolColumn("writable"),
  textColumn("stale", {
    width: 8,
    show: (row) => (row.stale === undefined ? "" : stale.show(row.stale)),
    put(row, text) {
      const { stale: _, ...rest } = row;
      if (text === "") return { row: rest };
      const { value, mistake } = stale.parse(text);
      return { row: { ...rest, stale: value }, mistake };
    },
  }),
];

function request({ unit_id: unitId, function: code, address, count: items, exception }) {
  const known = address !== null && items !== null;
  const asked = known
    ? t("modbus.request", { unit: unitId, function: code, count: items, address })
    : t("modbus.request_short", { unit: unitId, function: code });
  return exception ? t("modbus.with_exception", { request: asked, code: exception }) : asked;
}

function clients() {
  const server = (live.status?.units ?? []).find(({ kind }) => kind === "modbus-server");
  const list = server?.detail?.clients ?? [];
  const head = ["overview.address", "overview.connected_since", "modbus.requests", "modbus.rate", "modbus.exceptions", "modbus.last"];
  fill(
    $("#clients"),
    list.length === 0
      ? h("p", { class: "empty" }, t("modbus.no_clients"))
      : h(
          "table",
          { class: "compact" },
          h("thead", {}, h("tr", {}, head.map((key) => h("th", { scope: "col" }, t(key))))),
          h(
            "tbody",
            {},
            list.map((client) =>
              h(
                "tr",
                {},
                h("th", { scope: "row" }, client.address, client.secure && ` (TLS, ${client.role ?? t("modbus.no_role")})`),
                h("td", {}, time(client.since)),
                h("td", { class: "number" }, count(client.requests)),
                h("td", { class: "number" }, decimal(client.rate)),
                h("td", { class: "number" }, count(client.exceptions)),
                h("td", {}, client.last ? request(client.last) : ""),
              ),
            ),
          ),
        ),
  );
}

async function main() {
  const config = await ConfigDocument.load();
  certificates = () => certificateNames(config);
  const root = $("#editor");
  const attributes = [...$("#attributes").options].map(({ value }) => value);
  let forms = [];
  let grids = [];
  let mode;

  const button = (key, act, more = {}) => h("button", { type: "button", on: { click: act }, ...more }, t(key));
  const panel = (title, ...body) => h("section", { class: "panel" }, title && h("h2", {}, t(title)), body);

  function form(pointer, fields) {
    const place = h("div", {});
    forms.push(new Form(place, config, pointer, fields));
    return place;
  }

  function grid(pointer, columns, next, label) {
    const place = h("div", { class: "grid-place" });
    // The grid measures its place, so it is made once that is on the page.
    queueMicrotask(() => grids.push(listGrid(config, place, { pointer, columns, next, label: t(label) })));
    return place;
  }

  function put(server) {
    config.set(AT, server);
    show();
  }

  function security(settings) {
    config.set(SECURITY, settings);
    show();
  }

  /** The values of the map in force as entries, so that an own map need not begin with nothing. */
  async function takeOver() {
    const { entries } = await get("/modbus-server/map", { attribute: "value", limit: 10000 });
    const taken = entries.map(({ tables: [table], address, tag, type, count: registers, writable }) => ({
      table,
      address,
      tag,
      type,
      ...(type === "string" && { length: registers }),
      ...(writable && { writable }),
    }));
    config.set(ENTRIES, taken.length ? taken : undefined);
    show();
  }

  function show() {
    forms = [];
    grids = [];
    if (!config.read(AT)) {
      const enable = button("modbus.enable", () => put({ address: "0.0.0.0:502" }), { class: "primary" });
      fill(root, h("div", { class: "panel empty-state" }, h("p", {}, t("modbus.none")), enable));
      return;
    }
    mode = config.read(`${AT}/map/mode`);
    const port = () => config.read("/ports")?.[0]?.name ?? "";
    const route = (before) => ({ units: "10-20", port: before?.port ?? port() });
    const role = () => ({ role: "Operator" });
    const secured = config.read(SECURITY);
    const module = () => ({ module: (config.read("/modules") ?? config.read("/devices"))?.[0]?.name ?? "", unit_id: 1 });
    const entry = (before) => ({
      table: before?.table ?? "holding",
      address: before ? before.address + 1 : 0,
      tag: before?.tag ?? "",
      type: before?.type ?? "u16",
    });
    fill(
      root,
      panel("section.general", form(AT, GENERAL), button("modbus.remove", () => put(undefined), { class: "danger" })),
      panel(
        "modbus.security",
        h("p", { class: "hint" }, t("modbus.security_lead")),
        secured
          ? [
              form(SECURITY, ENCRYPTED),
              grid(ROLES, roleColumns(), role, "modbus.roles"),
              button("modbus.security_remove", () => security(undefined), { class: "danger" }),
            ]
          : button("modbus.security_enable", () => security({ certificate: certificates()[0] ?? "", client_ca: "" })),
      ),
      panel(null, form(`${AT}/map`, MAP), h("p", {}, h("a", { href: "/register-map" }, t("modbus.to_map")))),
      mode === "edited" &&
        panel(
          "modbus.edited_entries",
          !config.read(ENTRIES)?.length && button("modbus.take_over", () => takeOver().catch(complain)),
          grid(ENTRIES, entryColumns(attributes), entry, "modbus.edited_entries"),
        ),
      panel(
        "modbus.modules",
        h("p", { class: "hint" }, t("modbus.modules_lead")),
        grid(MODULES, moduleColumns(), module, "modbus.modules"),
      ),
      panel("modbus.routes", grid(ROUTES, routeColumns(), route, "modbus.routes")),
    );
  }

  const repaint = () => {
    forms.forEach((one) => one.showProblems());
    grids.forEach((one) => one.repaint());
  };
  config.addEventListener("checked", () => {
    if (config.read(`${AT}/map/mode`) === mode) repaint();
    else show();
  });
  config.addEventListener("loaded", show);
  live.addEventListener("status", clients);
  saveBar(config, { jump: (pointer) => [...grids, ...forms].some((one) => one.focus(pointer)) });
  show();
  clients();
}

main().catch(failedToLoad);
