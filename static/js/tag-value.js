// How values, qualities and reasons are written for people.

import { mark } from "./dom.js";
import { t, word } from "./i18n.js";
import { reasonText } from "./shell.js";

/** A value as text: on and off in words, absent as a dash. */
export function valueText(value) {
  if (value === null || value === undefined) return "–";
  if (value === true) return t("word.on");
  if (value === false) return t("word.off");
  return String(value);
}

export const qualityMark = (quality) => mark(quality ?? "idle");

/** `good`, or what is wrong and why. */
export function qualityText({ quality, reason }) {
  if (!quality) return "";
  const exception = /^exception ([0-9A-F]{2})$/i.exec(reason ?? "");
  if (exception)
    return `${word("quality", quality)}: ${t("reason.exception", { code: exception[1], meaning: word("exception", exception[1].toUpperCase()) })}`;
  if (!reason || reason === "ok") return word("quality", quality);
  return `${word("quality", quality)}: ${reasonText(reason)}`;
}

/** The word typed for on or off, or a number, as JSON; what is no number stays text for the server to judge. */
export function typedValue(type, text) {
  const trimmed = text.trim();
  if (type === "bool") return bool(trimmed) ?? trimmed;
  if (type === "string") return text;
  const number = Number(trimmed.replace(",", "."));
  // Integers beyond 2^53 travel as text, digit by digit.
  if (trimmed === "" || !Number.isFinite(number)) return trimmed;
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? trimmed : number;
}

/** Yes and no in every way people type them; nothing for anything else. */
export function bool(text) {
  const typed = text.trim().toLowerCase();
  if (["1", "true", "on", "yes", "y", "x", t("word.yes").toLowerCase(), t("word.on").toLowerCase()].includes(typed))
    return true;
  if (["0", "false", "off", "no", "n", "-", t("word.no").toLowerCase(), t("word.off").toLowerCase()].includes(typed))
    return false;
  return undefined;
}
