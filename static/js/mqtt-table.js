// Publications as a table: what many of them have in common, out to CSV and back. What a row does not speak of stays.

import { csvRows, csvText } from "./csv.js";
import { t } from "./i18n.js";
import * as pointers from "./pointer.js";

const yes = (text) => ["true", "yes", "1", "예"].includes(text.toLowerCase());
const flag = { show: (value) => (value === undefined ? "" : String(value)), read: yes };
const number = { show: (value) => value ?? "", read: (text) => (Number.isFinite(Number(text)) ? Number(text) : text) };
const words = { show: (list) => (list ?? []).join(" "), read: (text) => text.split(/\s+/).filter(Boolean) };
const text = { show: (value) => value ?? "", read: (value) => value };

/** Columns by the place in a publication; the name of a column is its last step. */
const COLUMNS = {
  "/name": text,
  "/enabled": flag,
  "/preset": text,
  "/topic": text,
  "/tags": words,
  "/attributes": words,
  "/payload": text,
  "/qos": number,
  "/retain": flag,
  "/trigger/on_change": flag,
  "/trigger/every": flag,
  "/trigger/interval_ms": number,
  "/trigger/min_gap_ms": number,
  "/trigger/condition": text,
  "/description": text,
};
const columnName = (place) => place.split("/").at(-1);
const place = (name) => Object.keys(COLUMNS).find((one) => columnName(one) === name.trim().toLowerCase());

/** What can be changed of many at once. */
export const IN_COMMON = ["/enabled", "/qos", "/retain", "/trigger/on_change", "/trigger/every", "/trigger/interval_ms", "/trigger/min_gap_ms"];
export const nameOf = columnName;

/** Puts what was typed at a place of a publication; nothing takes the member away. */
export function put(publication, at, typed) {
  const value = String(typed).trim();
  if (value === "") pointers.remove(publication, at);
  else pointers.write(publication, at, COLUMNS[at].read(value));
}

export function tableOf(publications) {
  const places = Object.keys(COLUMNS);
  const row = (publication) => places.map((at) => COLUMNS[at].show(pointers.read(publication, at)));
  return csvText([places.map(columnName), ...publications.map(row)]);
}

/**
 * The publications with what a table says of them, found by name; names nobody has are added. Answers what became of it, or
 * throws an error whose message says which line is wrong.
 */
export function withTable(publications, source) {
  const [head, ...rows] = csvRows(source);
  const places = head?.cells.map(place) ?? [];
  const unknown = places.indexOf(undefined);
  if (!places.includes("/name")) throw new Error(t("many.no_name"));
  if (unknown >= 0) throw new Error(t("many.no_column", { name: head.cells[unknown] }));
  const all = publications.map((one) => structuredClone(one));
  const byName = new Map(all.map((one) => [one.name?.toLowerCase(), one]));
  let [changed, added] = [0, 0];
  for (const { line, cells } of rows) {
    const name = cells[places.indexOf("/name")]?.trim();
    if (!name) throw new Error(t("many.bad_line", { line }));
    let one = byName.get(name.toLowerCase());
    if (one) changed++;
    else {
      one = { name, topic: "", tags: [], trigger: {} };
      byName.set(name.toLowerCase(), one);
      all.push(one);
      added++;
    }
    places.forEach((at, index) => put(one, at, cells[index] ?? ""));
  }
  return { all, changed, added };
}
