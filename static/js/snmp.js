// The editor of the SNMP agent, and what it tells of itself: who asks, who is told.

import { request } from "./api.js";
import { freshName } from "./collection.js";
import { complain } from "./dialog.js";
import { ConfigDocument } from "./document.js";
import { $, fill, h } from "./dom.js";
import { failedToLoad } from "./editor.js";
import { Form } from "./form.js";
import { t } from "./i18n.js";
import { live } from "./live.js";
import * as pointers from "./pointer.js";
import { saveBar } from "./savebar.js";
import { tagOffers } from "./tag-names.js";

const ROOT = "/snmp";

const GENERAL = [
  {
    fields: [
      { key: "enabled", kind: "check", def: true },
      { key: "address", label: "listen", hint: "listen", sample: "0.0.0.0:161" },
      { key: "versions", kind: "lines", rows: 3, sample: "v3" },
      { key: "enterprise_oid", sample: "1.3.6.1.4.1.32473.4510" },
      { key: "allow_weak", kind: "check", def: false },
    ],
  },
];
const RIGHTS = [
  { key: "access", kind: "select", words: "snmp_access", options: ["read", "read-write"], def: "read" },
  { key: "view" },
];
const USER = [
  {
    fields: [
      { key: "name", hint: "none", required: true },
      {
        key: "auth",
        kind: "select",
        words: "none",
        options: ["sha256", "sha224", "sha384", "sha512", "sha1", "md5"],
        def: "sha256",
      },
      { key: "auth_password", kind: "secret", hint: "password" },
      {
        key: "priv",
        kind: "select",
        words: "snmp_priv",
        options: ["aes128", "aes192", "aes256", "aes192-cisco", "aes256-cisco", "des", "none"],
        def: "aes128",
      },
      { key: "priv_password", kind: "secret", hint: "password" },
      ...RIGHTS,
      { key: "enabled", kind: "check", def: true },
    ],
  },
];
const COMMUNITY = [
  {
    fields: [
      { key: "name", hint: "none", required: true },
      { key: "community", kind: "secret" },
      ...RIGHTS,
      { key: "enabled", kind: "check", def: true },
    ],
  },
];
const view = (tags) => [
  {
    fields: [
      { key: "name", hint: "none", required: true },
      { key: "tags", kind: "lines", rows: 3, sample: "meter1/*", required: true, offers: tags },
      { key: "system", kind: "check", def: true },
    ],
  },
];
const confirmed = ({ kind }) => kind === "inform";
const secret = ({ version = "v3" }) => version === "v3";
const RECEIVER = [
  {
    fields: [
      { key: "name", hint: "none", required: true },
      { key: "address", label: "receiver_address", hint: "none", sample: "192.168.1.20:162", required: true },
      { key: "kind", label: "delivery", kind: "select", words: "snmp_delivery", options: ["trap", "inform"], def: "trap" },
      { key: "version", kind: "select", words: "none", options: ["v1", "v2c", "v3"], def: "v3" },
      { key: "user", when: secret },
      { key: "community", kind: "secret", hint: "none", when: (receiver) => !secret(receiver) },
      {
        key: "timeout_ms",
        label: "inform_timeout",
        hint: "none",
        kind: "number",
        def: 1500,
        min: 100,
        max: 60000,
        unit: "ms",
        when: confirmed,
      },
      { key: "retries", label: "inform_retries", kind: "number", def: 3, min: 0, max: 10, when: confirmed },
      { key: "store", kind: "number", def: 1000, min: 1, max: 10000 },
      { key: "enabled", kind: "check", def: true },
    ],
  },
];
const OF_TAGS = ["change", "on-to-off", "off-to-on", "greater", "less", "quality"];
const OF_HOUSE = ["unit-health", "login-failure", "config-change", "cold-start"];
const threshold = ({ when }) => when === "greater" || when === "less";
const rule = (tags) => [
  {
    fields: [
      { key: "name", hint: "none", required: true },
      { key: "when", kind: "select", words: "snmp_when", options: [...OF_TAGS, ...OF_HOUSE] },
      {
        key: "tag",
        hint: "rule_tag",
        kind: "suggest",
        options: tags,
        sample: "meter1/voltage",
        when: ({ when }) => !OF_HOUSE.includes(when),
      },
      { key: "value", kind: "number", whole: false, when: threshold },
      { key: "hysteresis", hint: "rule_hysteresis", kind: "number", whole: false, when: threshold },
      { key: "receivers", hint: "rule_receivers", kind: "lines", rows: 2 },
      { key: "enabled", kind: "check", def: true },
    ],
  },
];

const LISTS = {
  users: { name: "users", one: "user", title: "snmp.users", add: "snmp.add_user", none: "snmp.no_users" },
  communities: {
    name: "communities",
    one: "community",
    title: "snmp.communities",
    add: "snmp.add_community",
    none: "snmp.no_communities",
  },
  views: { name: "views", one: "view", title: "snmp.views", add: "snmp.add_view", none: "snmp.no_views" },
  receivers: {
    name: "receivers",
    one: "receiver",
    title: "snmp.receivers",
    add: "snmp.add_receiver",
    none: "snmp.no_receivers",
  },
  rules: { name: "rules", one: "rule", title: "snmp.rules", add: "snmp.add_rule", none: "snmp.no_rules" },
};

/** What the agent tells of itself; nothing while it is off. */
function figures(status) {
  const table = (heads, rows) =>
    h(
      "div",
      { class: "table-scroll" },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, t(head))))),
        h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, String(cell ?? "")))))),
      ),
    );
  const refused = Object.values(status.refused).reduce((sum, count) => sum + count, 0);
  const managers = status.managers.slice(0, 20);
  return [
    h(
      "section",
      { class: "panel" },
      h("h2", {}, t("snmp.managers")),
      table(
        ["snmp.engine", "snmp.boots", "snmp.requests", "snmp.answers", "snmp.refused"],
        [[status.engine_id, status.engine_boots, status.requests, status.answers, refused]],
      ),
      managers.length
        ? table(
            ["snmp.address", "snmp.version", "snmp.name", "snmp.request", "snmp.requests", "snmp.answers"],
            managers.map((one) => [one.address, one.version, one.name, one.request, one.requests, one.answers]),
          )
        : h("p", { class: "empty" }, t("snmp.no_managers")),
    ),
    status.receivers.length > 0 &&
      h(
        "section",
        { class: "panel" },
        h("h2", {}, t("snmp.told")),
        table(
          [
            "snmp.name",
            "snmp.address",
            "snmp.sent",
            "snmp.acknowledged",
            "snmp.waiting",
            "snmp.dropped",
            "snmp.last_error",
          ],
          status.receivers.map((one) => [
            one.name,
            one.address,
            one.sent,
            one.kind === "inform" ? one.acknowledged : "–",
            one.waiting,
            one.dropped,
            one.last_error,
          ]),
        ),
      ),
  ];
}

function agent() {
  const unit = (live.status?.units ?? []).find(({ kind }) => kind === "snmp");
  fill($("#agent"), unit?.detail?.refused ? figures(unit.detail) : []);
}

async function main() {
  const config = await ConfigDocument.load();
  const root = $("#editor");
  let forms = [];
  const tags = () => tagOffers(config);

  function form(pointer, fields) {
    const place = h("div", {});
    forms.push(new Form(place, config, pointer, fields));
    return place;
  }

  /** A section of one list: each entry with its form, and buttons to add and to take away. */
  function section({ name, one, title, add, none }, fields, make, extra) {
    const pointer = pointers.join(ROOT, name);
    const items = config.read(pointer) ?? [];
    const change = (list) => {
      config.set(pointer, list.length ? list : undefined);
      show();
    };
    const fresh = () =>
      make(
        freshName(
          `${one}1`,
          items.map((item) => item.name),
        ),
      );
    const entry = (item, index) =>
      h(
        "div",
        { class: "entry" },
        form(pointers.join(pointer, index), fields),
        extra?.(item),
        h(
          "button",
          { type: "button", class: "danger", on: { click: () => change(items.filter((_, at) => at !== index)) } },
          t("editor.delete"),
        ),
      );
    return h(
      "section",
      { class: "panel" },
      h(
        "div",
        { class: "detail-head" },
        h("h2", {}, t(title)),
        h("button", { type: "button", on: { click: () => change([...items, fresh()]) } }, t(add)),
      ),
      items.length ? items.map(entry) : h("p", { class: "empty" }, t(none)),
    );
  }

  function test({ name }) {
    const said = h("span", { role: "status" });
    const send = () =>
      request("POST", "/snmp/test", { body: { receiver: name } })
        .then(() => (said.textContent = t("snmp.test_sent")))
        .catch(complain);
    return [h("button", { type: "button", class: "quiet", on: { click: send } }, t("snmp.test")), said];
  }

  function setUp(value) {
    config.set(ROOT, value);
    show();
  }

  function show() {
    forms = [];
    if (!config.read(ROOT)) {
      const begin = () => setUp({ versions: ["v3"], users: [{ name: "user1", access: "read" }] });
      fill(
        root,
        h(
          "div",
          { class: "panel empty-state" },
          h("p", {}, t("snmp.none")),
          h("button", { type: "button", class: "primary", on: { click: begin } }, t("snmp.enable")),
        ),
      );
      return;
    }
    fill(
      root,
      h(
        "section",
        { class: "panel" },
        h(
          "div",
          { class: "detail-head" },
          h("h2", {}, t("section.general")),
          h("button", { type: "button", class: "danger", on: { click: () => setUp(undefined) } }, t("snmp.remove")),
        ),
        form(ROOT, GENERAL),
      ),
      section(LISTS.users, USER, (name) => ({ name, access: "read" })),
      section(LISTS.communities, COMMUNITY, (name) => ({ name, access: "read" })),
      section(LISTS.views, view(tags), (name) => ({ name, tags: ["*/*"] })),
      section(LISTS.receivers, RECEIVER, (name) => ({ name, version: "v3" }), test),
      section(LISTS.rules, rule(tags), (name) => ({ name, when: "change", tag: "" })),
    );
  }

  config.addEventListener("checked", () => forms.forEach((one) => one.showProblems()));
  config.addEventListener("loaded", show);
  saveBar(config, { jump: (pointer) => forms.some((one) => one.focus(pointer)) });
  live.addEventListener("status", agent);
  show();
  agent();
}

main().catch(failedToLoad);
