// On every page of a logged-in person: the lamp of the stream, the banner of sick units, the theme switch, logout.

import { request } from "./api.js";
import { $, fill, h, healthMark, setText } from "./dom.js";
import { maybe, t, word } from "./i18n.js";
import { live } from "./live.js";
import { toLogin, watchExpiry } from "./session.js";
import { showTrial } from "./trial.js";

function showState(state) {
  const lamp = $("#live");
  lamp.dataset.state = state;
  setText($("span", lamp), word("live", state));
}

/** A reason in the reader's language, as far as it is made of the numbered reasons: `meter1: no answer; oven: port closed`. */
export function reasonText(reason) {
  return (reason ?? "")
    .split("; ")
    .map((part) => {
      const colon = part.lastIndexOf(": ") + 1;
      const text = part.slice(colon).trim();
      return maybe("reason", text) ? `${part.slice(0, colon)}${colon ? " " : ""}${maybe("reason", text)}` : part;
    })
    .join("; ");
}

function showBanner(status) {
  const sick = (status.units ?? []).filter(({ health }) => health === "failed" || health === "degraded");
  const banner = $("#unit-banner");
  const text = sick.map((unit) => `${unit.key}${unit.health}${unit.reason}`).join();
  if (banner.dataset.text === text) return;
  banner.dataset.text = text;
  banner.hidden = sick.length === 0;
  banner.classList.toggle(
    "failed",
    sick.some(({ health }) => health === "failed"),
  );
  const first = sick
    .slice(0, 3)
    .map((unit) =>
      h(
        "li",
        {},
        healthMark(unit.health),
        h("b", {}, word("unit_name", unit.name)),
        " ",
        word("health", unit.health),
        unit.reason && `: ${reasonText(unit.reason)}`,
      ),
    );
  fill(
    banner,
    h("ul", {}, first),
    sick.length > 3 && h("p", {}, t("banner.more", { n: sick.length - 3 })),
    document.documentElement.dataset.page !== "overview" && h("a", { href: "/overview" }, t("banner.look")),
  );
}

/** The theme and language switches work without scripts; with them the theme changes at once. */
function switches() {
  for (const radio of document.querySelectorAll('input[name="theme"]')) {
    radio.addEventListener("change", () => {
      document.documentElement.dataset.theme = radio.value;
      fetch("/preferences", { method: "POST", body: new URLSearchParams({ theme: radio.value }), redirect: "manual" });
    });
  }
  const menu = $("#rail-menu");
  if (menu && matchMedia("(min-width: 60rem)").matches) menu.open = true;
}

async function logout() {
  await request("DELETE", "/session", { public: true }).catch(() => null);
  location.assign("/login");
}

switches();
if (document.documentElement.dataset.user) {
  live.addEventListener("state", ({ detail }) => showState(detail));
  live.addEventListener("status", ({ detail }) => showBanner(detail));
  live.addEventListener("status", ({ detail }) => showTrial(detail));
  $("#logout").addEventListener("click", logout);
  live.refresh().catch(() => null);
  // A page that watches tags says so before this runs; others hear of units only.
  queueMicrotask(() => live.start());
  watchExpiry();
}
addEventListener("pageshow", (event) => {
  // Coming back through the browser's history after logout must not show the old page.
  if (event.persisted) request("GET", "/session", { public: true }).catch((error) => error.status === 401 && toLogin());
});
