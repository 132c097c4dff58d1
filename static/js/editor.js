// What the editor pages share.

import { $, fill, h, healthSign } from "./dom.js";
import { t } from "./i18n.js";
import { live } from "./live.js";

/** Says in place of the editor why it is not there. */
export function failedToLoad(error) {
  fill(
    $("#editor"),
    h(
      "div",
      { class: "panel trouble", role: "alert" },
      h("p", {}, t("editor.load_failed")),
      h("p", {}, error.message),
      h("button", { type: "button", on: { click: () => location.reload() } }, t("action.retry")),
    ),
  );
  throw error;
}

/** Marks by the health of the unit of this kind with the object's name; `changed` is called when any changes. */
export function withState(kind, changed) {
  const units = () =>
    new Map((live.status?.units ?? []).filter((unit) => unit.kind === kind).map((unit) => [unit.name, unit.health]));
  let last = "";
  live.addEventListener("status", () => {
    const now = [...units()].join();
    if (now !== last) changed();
    last = now;
  });
  return (item) => healthSign(units().get(item.name));
}

/** The certificates that can be used by name. */
export const certificateNames = (config) =>
  (config.read("/certificates") ?? []).filter(({ enabled }) => enabled !== false).map(({ name }) => name);
