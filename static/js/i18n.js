// The messages of the page's language; the server has the one list of them.

const { default: messages } = await import(document.documentElement.dataset.messages);

export const lang = document.documentElement.lang;

/** The message of `key`, its `{places}` filled from `values`. */
export function t(key, values = {}) {
  const text = messages[key];
  if (text === undefined) throw new Error(`no message ${key}`);
  return text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
}

/** The word for a value out of a family (`word("health", "up")`), or the value itself if it is not one we know. */
export function word(family, value) {
  return messages[`${family}.${value}`] ?? String(value ?? "");
}

/** The sentence of a family's member, or nothing. */
export function maybe(family, value) {
  return messages[`${family}.${value}`];
}

const whole = new Intl.NumberFormat(lang, { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat(lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const two = (n) => String(n).padStart(2, "0");

export const count = (n) => (n === undefined || n === null ? "–" : whole.format(n));
export const decimal = (n) => (n === undefined || n === null ? "–" : one.format(n));

/** `14:03:07.250` of this browser's clock, with the date in front if it was not today; alike in every language (ISO 8601). */
export function time(text, { millis = false, always = false } = {}) {
  if (!text) return "–";
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return String(text);
  let shown = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  if (millis) shown += `.${String(date.getMilliseconds()).padStart(3, "0")}`;
  const today = date.toDateString() === new Date().toDateString();
  return today && !always ? shown : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${shown}`;
}

/** `3 min`, `2 h`: how long since. */
export function since(text) {
  const seconds = Math.max(0, Math.round((Date.now() - new Date(text).getTime()) / 1000));
  if (Number.isNaN(seconds)) return "–";
  if (seconds < 90) return t("unit.seconds", { n: seconds });
  if (seconds < 5400) return t("unit.minutes", { n: Math.round(seconds / 60) });
  if (seconds < 129600) return t("unit.hours", { n: Math.round(seconds / 3600) });
  return t("unit.days", { n: Math.round(seconds / 86400) });
}
