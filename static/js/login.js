// Login, then back to where one was.

import { $, setText } from "./dom.js";
import { t } from "./i18n.js";
import { login } from "./session.js";

const form = $("#login");
const trouble = $("#login-error");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = $("button[type=submit]", form);
  button.disabled = true;
  trouble.hidden = true;
  try {
    await login(form.username.value, form.password.value);
    // The part after `#` never reached the server: it waits in our own address.
    location.assign(form.dataset.next + location.hash);
  } catch (error) {
    const text =
      error.status === 401
        ? t("login.wrong")
        : error.status === 429
          ? t("login.throttled", { seconds: error.retryAfter ?? "60" })
          : error.message;
    setText(trouble, text);
    trouble.hidden = false;
    form.password.select();
  } finally {
    button.disabled = false;
  }
});
