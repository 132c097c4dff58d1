// The claim: the printed code makes the first administrator, who is then logged in.

import { request } from "./api.js";
import { $, setText } from "./dom.js";
import { t } from "./i18n.js";
import { login } from "./session.js";

const form = $("#claim");
const trouble = $("#claim-error");

const say = (text, field) => {
  setText(trouble, text);
  trouble.hidden = false;
  field?.setAttribute("aria-invalid", "true");
  field?.focus();
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  trouble.hidden = true;
  for (const field of form.elements) field.removeAttribute("aria-invalid");
  if (form.password.value !== form.again.value) return say(t("claim.not_alike"), form.again);
  const button = $("button[type=submit]", form);
  button.disabled = true;
  const [username, password] = [form.username.value.trim(), form.password.value];
  try {
    await request("POST", "/claim", { body: { code: form.code.value.trim(), username, password }, public: true });
    await login(username, password);
    location.assign("/overview");
  } catch (error) {
    const [first] = error.errors ?? [];
    const field = form.elements[first?.pointer.slice(1)] ?? ([401, 403].includes(error.status) ? form.code : null);
    say(error.status === 401 || error.status === 403 ? t("claim.wrong_code") : (first?.detail ?? error.message), field);
  } finally {
    button.disabled = false;
  }
});
