// Users and API tokens.

import { get, request } from "./api.js";
import { $, fill, h } from "./dom.js";
import { t, time, word } from "./i18n.js";
import { complain, confirm, dialog, notice } from "./dialog.js";

const ROLES = ["viewer", "operator", "admin"];
const me = document.documentElement.dataset.user;

const roleSelect = (chosen = "viewer") => {
  const select = h(
    "select",
    { name: "role" },
    ROLES.map((role) => h("option", { value: role }, word("role", role))),
  );
  select.value = chosen;
  return select;
};
const labelled = (label, input, hint) =>
  h("label", { class: "field" }, h("span", {}, label), input, hint && h("span", { class: "hint" }, hint));
const button = (label, act, kind = "") => h("button", { type: "button", class: kind, on: { click: act } }, label);

async function showUsers() {
  const { users } = await get("/users");
  fill(
    $("#users tbody"),
    users.map((user) => {
      const name = user.username;
      return h(
        "tr",
        {},
        h("th", { scope: "row" }, name, name === me && h("span", { class: "tag" }, t("users.you"))),
        h("td", {}, word("role", user.role)),
        h("td", { class: "number nowrap" }, time(user.password_changed, { always: true })),
        h(
          "td",
          { class: "row-actions" },
          button(t("users.edit"), () => editUser(user)),
          name !== me && button(t("editor.delete"), () => removeUser(name), "danger"),
        ),
      );
    }),
  );
}

async function showTokens() {
  const { tokens } = await get("/tokens");
  fill(
    $("#tokens tbody"),
    tokens.length
      ? tokens.map((token) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, token.name),
            h("td", {}, word("role", token.role)),
            h(
              "td",
              { class: "number nowrap" },
              token.expires_at ? time(token.expires_at, { always: true }) : t("users.never"),
            ),
            h("td", { class: "number nowrap" }, token.last_used ? time(token.last_used, { always: true }) : "–"),
            h(
              "td",
              { class: "row-actions" },
              button(t("users.revoke"), () => removeToken(token), "danger"),
            ),
          ),
        )
      : h("tr", {}, h("td", { colspan: "5", class: "empty" }, t("users.no_tokens"))),
  );
}

async function addUser() {
  const username = h("input", { name: "username", required: true, autocomplete: "off", spellcheck: "false" });
  const password = h("input", {
    name: "password",
    type: "password",
    required: true,
    autocomplete: "new-password",
    minlength: 10,
  });
  const role = roleSelect();
  const done = await dialog({
    title: t("users.add"),
    body: [
      labelled(t("field.username"), username),
      labelled(t("field.role"), role, t("users.roles_hint")),
      labelled(t("field.password"), password, t("claim.password_hint")),
    ],
    actions: [
      {
        label: t("users.add"),
        primary: true,
        act: () =>
          request("POST", "/users", {
            body: { username: username.value.trim(), password: password.value, role: role.value },
          }).catch(plainer),
      },
    ],
  });
  if (done) await showUsers();
}

async function editUser(user) {
  const name = user.username;
  const role = roleSelect(user.role);
  const password = h("input", { name: "password", type: "password", autocomplete: "new-password" });
  const done = await dialog({
    title: t("users.edit_title", { name }),
    body: [
      labelled(t("field.role"), role, t("users.roles_hint")),
      labelled(t("users.new_password"), password, t("users.new_password_hint")),
    ],
    actions: [
      {
        label: t("users.save"),
        primary: true,
        act: () => {
          const body = {};
          if (role.value !== user.role) body.role = role.value;
          if (password.value) body.password = password.value;
          return Object.keys(body).length
            ? request("PATCH", `/users/${encodeURIComponent(name)}`, { body }).catch(plainer)
            : true;
        },
      },
    ],
  });
  if (done) await showUsers();
}

async function removeUser(name) {
  if (!(await confirm(t("editor.delete_title", { name }), t("users.delete_text"), t("editor.delete")))) return;
  await request("DELETE", `/users/${encodeURIComponent(name)}`);
  await showUsers();
}

async function addToken() {
  const name = h("input", { name: "name", required: true, autocomplete: "off" });
  const role = roleSelect();
  const days = h("input", { name: "days", class: "number", inputmode: "numeric", value: "365" });
  const made = await dialog({
    title: t("users.add_token"),
    body: [
      labelled(t("users.token_name"), name, t("users.token_name_hint")),
      labelled(t("field.role"), role, t("users.roles_hint")),
      labelled(t("users.token_days"), days, t("users.token_days_hint")),
    ],
    actions: [
      {
        label: t("users.add_token"),
        primary: true,
        act: () => {
          const body = { name: name.value.trim(), role: role.value };
          if (days.value.trim() !== "")
            body.expires_at = new Date(Date.now() + Number(days.value) * 86_400_000).toISOString();
          return request("POST", "/tokens", { body }).catch(plainer);
        },
      },
    ],
  });
  if (!made) return;
  const secret = h("input", { class: "code", readonly: true, value: made.data.token, "aria-label": t("users.token") });
  await Promise.all([
    showTokens(),
    dialog({
      title: t("users.token_made"),
      cancel: false,
      body: [
        h("p", {}, t("users.token_once")),
        secret,
        button(t("action.copy"), async () => {
          secret.select();
          await navigator.clipboard.writeText(secret.value).then(
            () => notice(t("action.copied")),
            () => null,
          );
        }),
      ],
      actions: [{ label: t("action.close"), primary: true }],
    }),
  ]);
}

async function removeToken(token) {
  if (!(await confirm(t("users.revoke_title", { name: token.name }), t("users.revoke_text"), t("users.revoke"))))
    return;
  await request("DELETE", `/tokens/${encodeURIComponent(token.id)}`);
  await showTokens();
}

/** The first sentence about a field says more than the title of the answer. */
function plainer(error) {
  throw error.errors?.length ? new Error(error.errors.map(({ detail }) => detail).join(" ")) : error;
}

const safely = (act) => () => act().catch(complain);
$("#add-user").addEventListener("click", safely(addUser));
$("#add-token").addEventListener("click", safely(addToken));
addEventListener("unhandledrejection", (event) => {
  if (event.reason?.status) {
    event.preventDefault();
    complain(event.reason);
  }
});
safely(showUsers)();
safely(showTokens)();
