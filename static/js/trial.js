// The banner of a configuration on trial, on every page: how long yet, and the button that keeps it.

import { request } from "./api.js";
import { complain, notice } from "./dialog.js";
import { $, fill, h, setText } from "./dom.js";
import { t } from "./i18n.js";
import { live } from "./live.js";

let shown = null;
let ends = 0;
let left = null;

const end = (method, said) => async () => {
  try {
    await request(method, "/config/confirm");
    notice(t(said));
    live.refresh().catch(() => null);
  } catch (error) {
    complain(error);
  }
};

function count() {
  if (!shown) return;
  const seconds = Math.max(0, Math.ceil((ends - Date.now()) / 1000));
  setText(left, t("trial.left", { n: seconds }));
}

export function showTrial({ trial, clock, revision }) {
  const banner = $("#trial-banner");
  if (!banner) return;
  const key = trial ? `${revision} ${trial.until}` : null;
  if (key === shown) return;
  shown = key;
  banner.hidden = !trial;
  if (!trial) return fill(banner);
  // By the appliance's clock, which need not be ours.
  ends = Date.now() + (Date.parse(trial.until) - Date.parse(clock.now));
  left = h("b", { class: "number" });
  const admin = document.documentElement.dataset.role === "admin";
  fill(
    banner,
    h("p", { role: "alert" }, t("trial.on", { revision, author: trial.author }), " "),
    left,
    h("button", { type: "button", class: "primary", id: "trial-keep", on: { click: end("POST", "trial.kept") } }, t("trial.keep")),
    admin && h("button", { type: "button", on: { click: end("DELETE", "trial.taken_back") } }, t("trial.take_back")),
  );
  count();
}

setInterval(count, 500);
