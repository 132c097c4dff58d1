// The two ways of naming a Modbus point: table and address from 0, and the reference number of the manuals.

const DIGIT = { coil: "0", discrete: "1", input: "3", holding: "4" };
const TABLE = { 0: "coil", 1: "discrete", 3: "input", 4: "holding" };

/** `holding` 0 -> `40001`; beyond 9998 with six digits, `410000`. */
export function reference(table, address) {
  if (!(table in DIGIT) || !Number.isInteger(address) || address < 0 || address > 65535) return "";
  const number = String(address + 1);
  return DIGIT[table] + number.padStart(address < 9999 ? 4 : 5, "0");
}

/** `40001` -> holding 0; nothing if it is no reference number. */
export function place(text) {
  const found = /^([0134])(\d{4,5})$/.exec(text.trim());
  if (!found) return null;
  const address = Number(found[2]) - 1;
  return address >= 0 && address <= 65535 ? { table: TABLE[found[1]], address } : null;
}

const WORDS = { u32: 2, i32: 2, f32: 2, bcd32: 2, u64: 4, i64: 4, f64: 4 };

/** How many addresses a tag takes. */
export function span({ table, type, length }) {
  if (table === "coil" || table === "discrete") return 1;
  return type === "string" ? (length ?? 1) : (WORDS[type] ?? 1);
}
