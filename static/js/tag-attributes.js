// The attributes of a tag as text for people, the same wherever they are shown.

import { maybe, t, word } from "./i18n.js";
import { valueText } from "./tag-value.js";

const STEPS = ["pulse_on", "pulse_off"];

/** The text of one attribute of `tag`, which has all of them. */
export function attributeText(name, tag) {
  const value = tag[name];
  if (value === null || value === undefined) return "–";
  switch (name) {
    case "age_ms":
      return `${value} ms`;
    case "exception":
      return value ? `${value}: ${word("exception", String(value).padStart(2, "0"))}` : t("tags.no_exception");
    case "device_status":
      return word("device_status", value);
    case "mode":
      return maybe("channel_mode", value) ?? value;
    case "status":
      return maybe("channel_status", value) ?? value;
    default:
      if (STEPS.includes(name)) return `${value} (${value / 2} ms)`;
      return typeof value === "object" ? JSON.stringify(value) : valueText(value);
  }
}
