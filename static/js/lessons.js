// What a device taught about reading it, in sentences.

import { h } from "./dom.js";
import { count, t } from "./i18n.js";

/** `holding 5-7`: where it lies, as in the tables of tags. */
const place = ({ table, address, count: n }) => `${table} ${address}${n > 1 ? `–${address + n - 1}` : ""}`;

function refused(value) {
  const exception = value.exception;
  const why = exception === null ? t("lesson.silence") : exception.toString(16).toUpperCase().padStart(2, "0");
  return `${place(value)} (${why})`;
}

/** The first ones; the status tells how many there are. */
const list = (some, n) => some.join(", ") + (some.length < n ? ", …" : "");

/** A list of what the status says was learnt. */
export function lessons({ refused: n, illegal, unknown_tables: tables, max_registers, max_bits, apart, holes }) {
  const said = [
    n > 0 && t("lesson.refused", { n: count(n), what: list(illegal.map(refused), n) }),
    tables.length > 0 && t("lesson.tables", { what: tables.join(", ") }),
    max_registers !== null && t("lesson.registers", { n: max_registers }),
    max_bits !== null && t("lesson.bits", { n: max_bits }),
    apart > 0 && t("lesson.apart", { what: list(holes.map(place), apart) }),
  ];
  return h("ul", { class: "lessons hint" }, said.filter(Boolean).map((text) => h("li", {}, text)));
}
