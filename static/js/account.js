// One's own password.

import { get, request } from "./api.js";
import { $, setText } from "./dom.js";
import { t, time } from "./i18n.js";
import { notice } from "./dialog.js";
import { login } from "./session.js";

const form = $("#password");
const trouble = $("#password-error");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  trouble.hidden = true;
  const say = (text) => {
    setText(trouble, text);
    trouble.hidden = false;
  };
  if (form.password.value !== form.again.value) return say(t("claim.not_alike"));
  const password = form.password.value;
  try {
    await request("PUT", "/users/me/password", { body: { current: form.current.value, password } });
    // A new password ends all sessions, this one too.
    await login(document.documentElement.dataset.user, password);
    form.reset();
    notice(t("account.changed"));
  } catch (error) {
    say(error.errors?.[0]?.detail ?? error.message);
  }
});

get("/session").then(
  (session) => setText($("#session-expires"), t("account.expires", { time: time(session.expires_at) })),
  () => null,
);
