// The end of a session: back to the login page and to where one was, or, with unsaved work, a login on the spot.

import { get, onSignedOut, request } from "./api.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { dialog } from "./dialog.js";

let unsaved = () => false;
/** `check` says whether leaving the page would lose work. */
export function guardUnsaved(check) {
  unsaved = check;
  addEventListener("beforeunload", (event) => {
    if (unsaved()) event.preventDefault();
  });
}

export function toLogin() {
  unsaved = () => false;
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`);
}

let restoring = null;
onSignedOut(() => {
  if (!unsaved()) {
    toLogin();
    return new Promise(() => {}); // the page is going away
  }
  restoring ??= loginHere().finally(() => (restoring = null));
  return restoring;
});

async function loginHere() {
  const username = h("input", {
    name: "username",
    autocomplete: "username",
    required: true,
    value: document.documentElement.dataset.user,
  });
  const password = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true });
  return dialog({
    title: t("session.ended"),
    body: [
      h("p", {}, t("session.ended_keep")),
      h("label", { class: "field" }, h("span", {}, t("field.username")), username),
      h("label", { class: "field" }, h("span", {}, t("field.password")), password),
    ],
    actions: [
      { label: t("session.login"), primary: true, act: () => login(username.value, password.value).then(() => true) },
    ],
    cancel: false,
  });
}

/** Logs in; the server sets the cookie. */
export const login = (username, password) =>
  request("POST", "/session", { body: { username, password }, public: true });

/** Asks again when the session should be over, so that a screen does not stay open past it. */
export async function watchExpiry() {
  const session = await get("/session").catch(() => null);
  if (!session?.expires_at) return;
  const left = new Date(session.expires_at).getTime() - Date.now();
  // Timers longer than 24 days overflow; sessions are hours.
  setTimeout(watchExpiry, Math.min(Math.max(left + 1000, 10_000), 86_400_000));
}
