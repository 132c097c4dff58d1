// Who may come in where: a list for each service, a test of an address, and who was refused.

import { get, request } from "./api.js";
import { choiceColumn, textColumn, unitIds, wordsColumn } from "./columns.js";
import { ConfigDocument } from "./document.js";
import { complain, notice } from "./dialog.js";
import { $, debounce, fill, h, mark } from "./dom.js";
import { failedToLoad } from "./editor.js";
import { Form } from "./form.js";
import { count, t, time, word } from "./i18n.js";
import { listGrid } from "./list-grid.js";
import * as pointers from "./pointer.js";
import { saveBar } from "./savebar.js";

const ROOT = "/access";
const SERVICES = ["web", "modbus", "snmp", "broker"];
/** How often the refusals are looked at, in milliseconds. */
const LOOK = 2000;

const mode = (list) => [
  {
    fields: [
      {
        key: "mode",
        label: "access_mode",
        hint: "access_mode",
        kind: "select",
        words: "access_mode",
        options: ["allow-all", "allow-list"],
        def: list?.allow ? "allow-list" : "allow-all",
      },
    ],
  },
];

/** A list of words with a label and help of its own. */
const several = (key, label, parse) =>
  wordsColumn(key, { parse, label: word("field", label), help: word("hint", label), width: 13 });
const columns = (service) => [
  textColumn("network", { label: word("field", "network"), help: word("hint", "network"), width: 13, pinned: true }),
  textColumn("note", { label: word("field", "note"), help: "", width: 18 }),
  ...(service === "modbus"
    ? [
        choiceColumn("access", ["read", "read-write"], { width: 8 }),
        several("units", "access_units", unitIds),
        several("areas", "access_areas"),
      ]
    : []),
];
const open = (item) => (typeof item === "string" ? { network: item } : item);
// An entry that says nothing but the network is written as that.
const close = (row) => (Object.keys(row).length === 1 && "network" in row ? row.network : row);

function sentence({ admitted, entry }) {
  if (!admitted) return t("access.no");
  if (!entry) return t("access.everyone");
  const by = t("access.by_entry", { number: entry.index + 1, network: [entry.network, entry.note].filter(Boolean).join(", ") });
  return entry.limited ? `${by}; ${t("access.limited")}` : by;
}

async function main() {
  const config = await ConfigDocument.load();
  const root = $("#editor");
  let forms = [];
  let grids = [];
  let shape = "";

  const counts = (service) => {
    const list = config.read(pointers.join(ROOT, service));
    return (list?.mode ?? (list?.allow ? "allow-list" : "allow-all")) === "allow-list";
  };
  const shapeNow = () => SERVICES.map(counts).join();

  function section(service) {
    const pointer = pointers.join(ROOT, service);
    const place = h("div", {});
    const list = h("div", { class: "grid-place" });
    forms.push(new Form(place, config, pointer, mode(config.read(pointer))));
    if (counts(service)) {
      // The grid measures its place, so it is made once that is on the page.
      queueMicrotask(() =>
        grids.push(
          listGrid(config, list, {
            pointer: pointers.join(pointer, "allow"),
            columns: columns(service),
            next: () => ({ network: "" }),
            label: word("access_service", service),
            open,
            close,
          }),
        ),
      );
    }
    return h(
      "section",
      { class: "panel", id: `access-${service}` },
      h("h2", {}, word("access_service", service)),
      place,
      counts(service) && list,
    );
  }

  function show() {
    forms = [];
    grids = [];
    shape = shapeNow();
    fill(root, SERVICES.map(section));
  }

  // Would this address get in? By the lists as they are edited, not only as they are stored.
  const address = $("#access-address");
  const answer = $("#access-answer");
  async function test() {
    if (!address.value.trim()) return fill(answer);
    try {
      const { data } = await request("POST", "/access/test", {
        body: { address: address.value, access: config.read(ROOT) ?? {} },
      });
      fill(
        answer,
        data.map((door) =>
          h(
            "li",
            { dataset: { service: door.service, admitted: String(door.admitted) } },
            mark(door.admitted ? "good" : "bad"),
            " ",
            h("b", {}, word("access_service", door.service)),
            " ",
            sentence(door),
          ),
        ),
      );
    } catch (error) {
      fill(answer, h("li", { class: "error" }, error.errors?.[0]?.detail ?? error.message));
    }
  }
  const soon = debounce(test, 250);
  address.addEventListener("input", soon);

  async function allow(service, peer) {
    try {
      await request("POST", "/access/allow", { body: { service, address: peer } });
      notice(t("access.allowed", { address: peer }));
      if (!config.dirty) await config.reload();
      await look();
    } catch (error) {
      complain(error);
    }
  }

  function row(service, { address: peer, times, requests, last }) {
    const said = [];
    if (times) said.push(t("access.refused", { n: count(times), address: peer }));
    if (requests) said.push(t("access.refused_requests", { n: count(requests), address: peer }));
    return h(
      "tr",
      { dataset: { service, address: peer } },
      h("th", { scope: "row" }, word("access_service", service)),
      h("td", {}, said.join("; ")),
      h("td", { class: "nowrap" }, time(last)),
      h(
        "td",
        {},
        times > 0 && h("button", { type: "button", class: "quiet", on: { click: () => allow(service, peer) } }, t("access.allow")),
      ),
    );
  }

  let drawn = "";
  async function look() {
    const doors = await get("/access").catch(() => null);
    const text = JSON.stringify(doors);
    // Drawn anew only when there is news, so that a click never misses its button.
    if (!doors || text === drawn) return;
    drawn = text;
    const rows = doors.flatMap(({ service, peers }) => peers.slice(0, 20).map((peer) => row(service, peer)));
    fill(
      $("#access-refused"),
      rows.length ? h("table", { class: "compact" }, h("tbody", {}, rows)) : h("p", { class: "empty" }, t("access.nobody")),
    );
  }
  async function watch() {
    await look();
    setTimeout(watch, LOOK);
  }

  config.addEventListener("changed", soon);
  config.addEventListener("checked", () => {
    if (shape !== shapeNow()) return show();
    forms.forEach((one) => one.showProblems());
    grids.forEach((one) => one.repaint());
  });
  config.addEventListener("loaded", () => {
    show();
    soon();
  });
  saveBar(config, { jump: (pointer) => [...grids, ...forms].some((one) => one.focus(pointer)) });
  show();
  await watch();
}

main().catch(failedToLoad);
