// The columns of the grid of a device's tags.

import { freshName, withoutIds } from "./collection.js";
import { boolColumn, choiceColumn, having, listColumn, numberColumn, textColumn, typedNumber } from "./columns.js";
import { t } from "./i18n.js";
import * as modicon from "./modicon.js";
import { valueText } from "./tag-value.js";

export const TYPES = ["bool", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "bcd16", "bcd32", "string"];
const TABLES = ["holding", "input", "coil", "discrete"];
const ORDERS = {
  1: ["AB", "BA"],
  2: ["ABCD", "CDAB", "BADC", "DCBA"],
  4: ["ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA"],
};
const isBit = ({ table }) => table === "coil" || table === "discrete";
const orders = (tag) => ORDERS[modicon.span({ ...tag, length: 1 })] ?? ORDERS[1];
const range = (list) => list.join("..");

/** The gain column also takes a range: `0..27648 = 0..100`. */
function putGain(tag, text) {
  if (text === "") return { row: having(tag, "scale", undefined) };
  const ends = /^(\S+)\.\.(\S+)\s*(?:=|→|->)\s*(\S+)\.\.(\S+)$/.exec(text);
  if (ends) {
    const values = ends.slice(1).map((end) => typedNumber(end));
    const mistake = values.find((value) => value.mistake)?.mistake;
    const [a, b, c, d] = values.map(({ value }) => value);
    return { row: having(tag, "scale", { from: [a, b], to: [c, d] }), mistake };
  }
  const { value, mistake } = typedNumber(text);
  return { row: having(tag, "scale", { gain: value, offset: tag.scale?.offset ?? 0 }), mistake };
}

function putOffset(tag, text) {
  if (text === "" && tag.scale?.gain === undefined) return { row: tag };
  const { value, mistake } = text === "" ? { value: 0 } : typedNumber(text);
  return { row: having(tag, "scale", { gain: tag.scale?.gain ?? 1, offset: value }), mistake };
}

/** A number, or `2 %`. */
export function parseDeadband(text) {
  const percent = text.endsWith("%");
  const { value, mistake } = typedNumber(percent ? text.slice(0, -1).trim() : text, { min: 0 });
  return { value: percent ? { percent: value } : value, mistake };
}
export const deadbandText = (deadband) => (deadband.percent === undefined ? String(deadband) : `${deadband.percent} %`);

function putDeadband(tag, text) {
  if (text === "") return { row: having(tag, "deadband", undefined) };
  const { value, mistake } = parseDeadband(text);
  return { row: having(tag, "deadband", value), mistake };
}

/** `live(tag)` gives what is known of the tag now. */
export function tagColumns(live) {
  return [
    {
      key: "live",
      label: t("tags.value"),
      width: 7,
      kind: "number",
      readonly: true,
      pointer: ["value"],
      help: t("grid.live_help"),
      show: (tag) => {
        const now = live(tag);
        return now ? valueText(now.value) + (now.quality && now.quality !== "good" ? " !" : "") : "";
      },
    },
    {
      key: "reference",
      label: t("grid.reference"),
      title: t("grid.reference_title"),
      width: 5.5,
      kind: "number",
      pointer: ["address"],
      help: t("grid.reference_title"),
      show: (tag) => modicon.reference(tag.table, tag.address),
      put(tag, text) {
        const place = modicon.place(text);
        if (text === "") return { row: tag };
        return place ? { row: { ...tag, ...place } } : { row: { ...tag }, mistake: t("mistake.reference") };
      },
    },
    textColumn("name", {
      width: 11,
      pinned: true,
      put: (tag, text) => ({ row: having(tag, "name", text) }),
      fill: (tag, by, first) => [...Array(by)].reduce((name) => freshName(name, [name]), first),
    }),
    choiceColumn("table", TABLES, { fill: (tag) => tag.table }),
    numberColumn("address", {
      min: 0,
      max: 65535,
      fill: (tag, by) => (Number.isInteger(tag.address) ? String(tag.address + by * modicon.span(tag)) : ""),
    }),
    choiceColumn("type", TYPES, { width: 5 }),
    choiceColumn("order", orders, { width: 7 }),
    numberColumn("bit", { min: 0, max: 15, width: 3.5 }),
    numberColumn("length", { min: 1, max: 125, width: 4.5 }),
    textColumn("unit", { width: 5 }),
    {
      key: "gain",
      label: t("field.gain"),
      width: 6,
      kind: "number",
      pointer: ["scale"],
      help: t("hint.gain"),
      put: putGain,
      show: ({ scale }) =>
        scale?.from ? `${range(scale.from)} = ${range(scale.to)}` : scale?.gain === undefined ? "" : String(scale.gain),
    },
    {
      key: "offset",
      label: t("field.offset"),
      width: 5,
      kind: "number",
      pointer: ["scale", "offset"],
      put: putOffset,
      show: ({ scale }) => (scale?.offset ? String(scale.offset) : ""),
    },
    {
      key: "deadband",
      label: t("field.deadband"),
      width: 5.5,
      kind: "number",
      pointer: ["deadband"],
      help: t("hint.deadband"),
      put: putDeadband,
      show: ({ deadband }) => (deadband === undefined || deadband === null ? "" : deadbandText(deadband)),
    },
    boolColumn("writable"),
    numberColumn("write_min", { whole: false }),
    numberColumn("write_max", { whole: false }),
    numberColumn("poll_ms", { min: 0, max: 3600000 }),
    listColumn("invalid", { width: 7 }),
    textColumn("description", { width: 14 }),
  ];
}

/** The tag that would follow this one: same kind, next free name, next address. */
export function nextTag(previous, tags) {
  if (!previous) return { name: "tag1", table: "holding", address: 0, type: "u16" };
  const { table, type, order, length, bit } = withoutIds(previous);
  const tag = {
    name: freshName(
      previous.name ?? "tag1",
      tags.map(({ name }) => name ?? ""),
    ),
    table,
    address: previous.address,
    type,
  };
  if (order !== undefined) tag.order = order;
  if (length !== undefined) tag.length = length;
  if (bit !== undefined && !isBit(previous)) {
    tag.bit = (bit + 1) % 16;
    if (bit < 15) return tag;
  }
  if (Number.isInteger(previous.address)) tag.address = Math.min(65535, previous.address + modicon.span(previous));
  return tag;
}
