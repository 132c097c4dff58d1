// The register map: a picture of the tables and the list of entries, to be looked at and printed.

import { get } from "./api.js";
import { complain } from "./dialog.js";
import { $, debounce, fill, h } from "./dom.js";
import { count, t, word } from "./i18n.js";

/** More rows than these nobody reads or prints; the file has all. */
const SHOWN = 5000;
const SHOWN_BLOCKS = 400;

const filter = $("#map-filter");
const unit = $("#map-unit");

function block({ address, count: wide, entries, group, attribute }) {
  const last = address + wide - 1;
  const text = t("modbus.block", { group, attribute: word("attribute", attribute), from: address, to: last });
  const box = h("div", { class: "map-block", title: `${text} (${count(entries)})` }, text);
  // Wide ones are wider, and none so wide that it hides the others.
  box.style.flexGrow = Math.min(12, Math.ceil(Math.log2(wide + 1)));
  return box;
}

function picture(blocks) {
  const tables = [...new Set(blocks.map(({ tables: names }) => names.join(" / ")))];
  fill(
    $("#map-picture"),
    tables.map((name) => {
      const here = blocks.filter(({ tables: names }) => names.join(" / ") === name);
      return h(
        "div",
        { class: "map-table" },
        h("h3", {}, name),
        h("div", { class: "map-strip" }, here.slice(0, SHOWN_BLOCKS).map(block)),
      );
    }),
  );
}

function row(entry) {
  return h(
    "tr",
    {},
    h("td", {}, entry.tables.join(" / ")),
    h("td", { class: "number" }, String(entry.address)),
    h("td", { class: "number" }, entry.reference),
    h("td", { class: "number" }, String(entry.count)),
    h("th", { scope: "row" }, entry.tag),
    h("td", {}, word("attribute", entry.attribute)),
    h("td", {}, entry.type),
    h("td", {}, entry.order),
    h("td", {}, entry.unit),
    h("td", {}, t(entry.writable ? "word.yes" : "word.no")),
    h("td", {}, entry.packed ?? ""),
  );
}

/** The unit ids that devices or modules have for themselves; without any there is nothing to choose. */
function choices(units) {
  const chosen = unit.value;
  const own = h("option", { value: "" }, t("modbus.appliance"));
  fill(unit, own, units.map((id) => h("option", { value: String(id) }, String(id))));
  unit.value = units.includes(Number(chosen)) ? chosen : "";
  unit.parentElement.hidden = units.length === 0;
}

let asked = 0;
async function show() {
  const mine = ++asked;
  const match = filter.value.trim();
  const of = unit.value && { unit: unit.value };
  const map = await get("/modbus-server/map", { limit: SHOWN, ...(match && { match }), ...of });
  if (mine !== asked) return;
  choices(map.units);
  picture(map.blocks);
  fill($("#map-entries tbody"), map.entries.map(row));
  const note = $("#map-note");
  note.hidden = map.left_out === 0;
  note.textContent = map.left_out ? t("modbus.left_out", { n: count(map.left_out) }) : "";
  $("#map-count").textContent =
    map.next === null ? "" : t("modbus.first", { n: count(map.entries.length), all: count(map.total) });
}

const again = () => show().catch(complain);
filter.addEventListener("input", debounce(again, 300));
unit.addEventListener("change", () => {
  const file = "/api/v1/modbus-server/map.csv";
  $("#map-csv").href = unit.value ? `${file}?unit=${unit.value}` : file;
  again();
});
$("#map-print").addEventListener("click", () => window.print());
again();
