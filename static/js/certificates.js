// Certificates: what they say, who uses them, and how they come in.

import { get, request } from "./api.js";
import { freshName } from "./collection.js";
import { complain, confirm, dialog, notice } from "./dialog.js";
import { $, fill, h, mark } from "./dom.js";
import { t, time } from "./i18n.js";

/** Days before the end from which it is marked; the events begin then, too. */
const SOON = 30;
const WAYS = [
  ["self_signed", "certificates.self_signed"],
  ["pem", "certificates.pem"],
  ["pkcs12", "certificates.pkcs12"],
];

const labelled = (label, input, hint) =>
  h("label", { class: "field field-wide" }, h("span", {}, label), input, hint && h("span", { class: "hint" }, hint));
const button = (label, act, kind = "") => h("button", { type: "button", class: kind, on: { click: act } }, label);
const area = (rows) => h("textarea", { rows, spellcheck: "false", autocomplete: "off" });

let known = [];

async function show() {
  const [{ certificates }, document] = await Promise.all([get("/certificates"), get("/config")]);
  known = certificates.map(({ name }) => name);
  fill(
    $("#certificates tbody"),
    certificates.length
      ? certificates.map((one) => row(one, document))
      : h("tr", {}, h("td", { colspan: "6", class: "empty" }, t("certificates.none"))),
  );
}

function row(one, document) {
  const left = one.days_left;
  const end = left < 0 ? t("certificates.expired") : t("certificates.days_left", { n: left });
  return h(
    "tr",
    {},
    h("th", { scope: "row", title: t("certificates.fingerprint", { text: one.fingerprint }) }, one.name),
    h("td", {}, one.names.length ? one.names.join(", ") : one.subject),
    h("td", {}, one.issuer === one.subject ? t("certificates.self") : one.issuer),
    h(
      "td",
      { class: "nowrap" },
      left < SOON && mark(left < 0 ? "bad" : "uncertain"),
      `${time(one.not_after, { always: true })} `,
      h("span", { class: "hint" }, end),
    ),
    h("td", {}, one.used_by.length ? one.used_by.map((user) => named(user, document)).join(", ") : t("certificates.unused")),
    h(
      "td",
      { class: "row-actions" },
      button(t("certificates.replace"), () => bring(one.name).catch(complain)),
      button(t("editor.delete"), () => remove(one.name).catch(complain), "danger"),
    ),
  );
}

/** What a pointer into the document is called. */
function named(pointer, document) {
  const [, , list, index] = pointer.split("/");
  if (list === "connections") return t("certificates.connection", { name: document.mqtt.connections[index].name });
  if (list === "broker") {
    const [what, at] = pointer.split("/").slice(-2);
    const one = document.mqtt.broker[what][at];
    return what === "bridges"
      ? t("certificates.bridge", { name: one.name })
      : t("certificates.listener", { name: one.address });
  }
  return t("certificates.web");
}

/** A new certificate, or another under the same name. */
async function bring(replaced) {
  const name = h("input", { required: true, autocomplete: "off", spellcheck: "false", value: freshName("certificate1", known) });
  const way = h(
    "select",
    {},
    WAYS.map(([value, label]) => h("option", { value }, t(label))),
  );
  const [names, chain, key] = [area(3), area(6), area(4)];
  names.value = location.hostname;
  const days = h("input", { class: "number", inputmode: "numeric", value: "730" });
  const file = h("input", { type: "file", accept: ".p12,.pfx" });
  const password = h("input", { type: "password", autocomplete: "off" });
  const parts = {
    self_signed: [
      labelled(t("certificates.names"), names),
      labelled(t("certificates.days"), days, t("certificates.key_stays")),
    ],
    pem: [labelled(t("certificates.chain"), chain), labelled(t("certificates.key"), key)],
    pkcs12: [labelled(t("certificates.file"), file), labelled(t("certificates.file_password"), password)],
  };
  const body = h("div", {});
  const choose = () => fill(body, parts[way.value]);
  way.addEventListener("change", choose);
  choose();
  const made = {
    self_signed: async () => ({ names: lines(names.value), days: Number(days.value) }),
    pem: async () => ({ chain: chain.value, key: key.value }),
    pkcs12: async () => ({ data: file.files[0] ? await base64(file.files[0]) : "", password: password.value }),
  };
  const done = await dialog({
    title: replaced ? t("certificates.replace_title", { name: replaced }) : t("certificates.add"),
    wide: true,
    body: [
      replaced ? h("p", {}, t("certificates.replace_hint")) : labelled(t("field.name"), name),
      labelled(t("certificates.way"), way),
      body,
    ],
    actions: [
      {
        label: replaced ? t("certificates.replace") : t("certificates.add"),
        primary: true,
        act: async () => {
          const sent = { [way.value]: await made[way.value]() };
          return change("PUT", `/certificates/${encodeURIComponent(replaced ?? name.value.trim())}`, sent).catch(plainer);
        },
      },
    ],
  });
  if (!done) return;
  notice(t("certificates.saved"));
  await show();
}

async function remove(name) {
  if (!(await confirm(t("editor.delete_title", { name }), t("certificates.delete_text"), t("editor.delete")))) return;
  await change("DELETE", `/config/certificates/${encodeURIComponent(name)}`).catch(plainer);
  await show();
}

/** A change of the configuration as it is now: nobody edits here what others could have changed meanwhile. */
async function change(method, path, body) {
  const { etag } = await request("GET", "/config/web");
  return request(method, path, { body, etag });
}

const lines = (text) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** The first sentence about a field says more than the title of the answer. */
function plainer(error) {
  throw error.errors?.length ? new Error(error.errors.map(({ detail }) => detail).join(" ")) : error;
}

$("#add-certificate").addEventListener("click", () => bring().catch(complain));
show().catch(complain);
