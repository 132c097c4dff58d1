// Makers of grid columns: how a member of a row is shown as text and made from text.

import { t, word } from "./i18n.js";
import { bool } from "./tag-value.js";

const label = (key) => word("field", key);
const without = (row, key) => {
  const { [key]: _, ...rest } = row;
  return rest;
};
/** The row with a member set, or without it. */
export const having = (row, key, value) => (value === undefined ? without(row, key) : { ...row, [key]: value });

const base = (key, more) => ({
  key,
  label: label(key),
  width: 7,
  pointer: [key],
  help: word("hint", key) === key ? "" : word("hint", key),
  ...more,
});

export const textColumn = (key, more = {}) =>
  base(key, {
    show: (row) => (row[key] === undefined || row[key] === null ? "" : String(row[key])),
    put: (row, text) => ({ row: having(row, key, text === "" ? undefined : text) }),
    ...more,
  });

/** Decimal or `0x` numbers; what is none stays as typed, with a sentence. */
export function typedNumber(text, { whole = false, min = -Infinity, max = Infinity } = {}) {
  const value = /^0x[0-9a-f]+$/i.test(text) ? parseInt(text, 16) : Number(text.replace(",", "."));
  if (text.trim() === "" || !Number.isFinite(value)) return { value: text, mistake: t("mistake.number") };
  if (whole && !Number.isInteger(value)) return { value, mistake: t("mistake.whole") };
  if (value < min || value > max) return { value, mistake: t("mistake.range", { min, max }) };
  return { value };
}

export const numberColumn = (key, { min, max, whole = true, ...more } = {}) =>
  base(key, {
    kind: "number",
    width: 5.5,
    show: (row) => (row[key] === undefined || row[key] === null ? "" : String(row[key])),
    put(row, text) {
      if (text === "") return { row: having(row, key, undefined) };
      const { value, mistake } = typedNumber(text, { whole, min, max });
      return { row: having(row, key, value), mistake };
    },
    ...more,
  });

/** One word of a list; the beginning of it is enough. */
export const choiceColumn = (key, options, more = {}) =>
  base(key, {
    kind: "choice",
    width: 6,
    options,
    show: (row) => row[key] ?? "",
    put(row, text) {
      if (text === "") return { row: having(row, key, undefined) };
      const typed = text.toLowerCase();
      const list = typeof options === "function" ? options(row) : options;
      const found =
        list.find((option) => option.toLowerCase() === typed) ??
        list.find((option) => option.toLowerCase().startsWith(typed));
      return found
        ? { row: having(row, key, found) }
        : { row: having(row, key, text), mistake: t("mistake.choice", { list: list.join(", ") }) };
    },
    ...more,
  });

/** Yes or nothing: no is the default and is not written. */
export const boolColumn = (key, more = {}) =>
  base(key, {
    kind: "bool",
    width: 5,
    show: (row) =>
      row[key] === true
        ? t("word.yes")
        : row[key] === false
          ? t("word.no")
          : row[key] === undefined
            ? ""
            : String(row[key]),
    put(row, text) {
      if (text === "") return { row: having(row, key, undefined) };
      const value = bool(text);
      return value === undefined
        ? { row: having(row, key, text), mistake: t("mistake.bool") }
        : { row: having(row, key, value) };
    },
    ...more,
  });

/** Several values, with semicolons or blanks between. */
export const listColumn = (key, more = {}) =>
  base(key, {
    show: (row) => (Array.isArray(row[key]) ? row[key].join("; ") : row[key] === undefined ? "" : String(row[key])),
    put(row, text) {
      if (text === "") return { row: having(row, key, undefined) };
      const values = text
        .split(/[;\s]+/)
        .filter(Boolean)
        .map((part) => typedNumber(part));
      const mistake = values.find((value) => value.mistake)?.mistake;
      return {
        row: having(
          row,
          key,
          values.map(({ value }) => value),
        ),
        mistake,
      };
    },
    ...more,
  });

/** Several words, with commas or semicolons between; `parse` makes of each what is stored. */
export const wordsColumn = (key, { parse = (text) => text, ...more } = {}) =>
  base(key, {
    show: (row) => [row[key] ?? []].flat().join(", "),
    put(row, text) {
      const words = text.split(/[,;]/).map((part) => part.trim()).filter(Boolean);
      return { row: having(row, key, words.length ? words.map(parse) : undefined) };
    },
    ...more,
  });

/** A unit id, or a range of them as it is written. */
export const unitIds = (text) => (/^\d+$/.test(text) ? Number(text) : text);
