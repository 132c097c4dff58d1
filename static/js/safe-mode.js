// The safe mode: that it is active, why, and leaving or entering it by hand.

import { request } from "./api.js";
import { complain, confirm } from "./dialog.js";
import { h } from "./dom.js";
import { t, time } from "./i18n.js";

const mayAsk = ["operator", "admin"].includes(document.documentElement.dataset.role);

const ask = (active) => request("PUT", "/safe-mode", { body: { active } }).catch(complain);

/** A panel that stands out while the safe mode is active; null while it is not. */
export function safeModePanel(safe) {
  if (!safe?.active) return null;
  return h(
    "section",
    { class: "panel alarm whole", role: "alert" },
    h("h2", {}, t("safe.active")),
    h("p", {}, t("safe.explained", { reason: safe.reason ?? "", since: time(safe.since) })),
    mayAsk && h("button", { type: "button", on: { click: () => ask(false) } }, t("safe.leave")),
  );
}

/** The button that enters it by hand, to see that it works; null for those who may not. */
export function safeModeTest() {
  if (!mayAsk) return null;
  const sure = async () => {
    if (await confirm(t("safe.enter_title"), t("safe.enter_text"), t("safe.enter"))) await ask(true);
  };
  return h("button", { type: "button", class: "quiet", on: { click: sure } }, t("safe.enter"));
}
