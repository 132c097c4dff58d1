// The editor of the embedded broker: listeners, users, limits.

import { Bridges } from "./broker-bridges.js";
import { brokerClients } from "./broker-clients.js";
import { freshName } from "./collection.js";
import { ConfigDocument } from "./document.js";
import { $, fill, h, mark } from "./dom.js";
import { certificateNames, failedToLoad } from "./editor.js";
import { Form } from "./form.js";
import { count, t } from "./i18n.js";
import { live } from "./live.js";
import * as pointers from "./pointer.js";
import { saveBar } from "./savebar.js";
import { reasonText } from "./shell.js";

const GENERAL = [
  {
    fields: [
      { key: "enabled", kind: "check", def: true },
      { key: "anonymous", kind: "check", def: false },
    ],
  },
];
/** The names of certificates; filled once the document is there. */
let certificates = () => [];
const LISTENER = [
  {
    fields: [
      { key: "address", label: "listen", hint: "listen", sample: "0.0.0.0:8883", required: true },
      { key: "tls/certificate", kind: "suggest", hint: "listener_certificate", options: () => certificates() },
      {
        key: "tls/min_version",
        kind: "select",
        words: "none",
        options: ["1.2", "1.3"],
        def: "1.2",
        when: ({ tls }) => tls?.certificate !== undefined,
      },
    ],
  },
];
const USER = [
  {
    fields: [
      { key: "name", label: "username", hint: "none", required: true },
      { key: "password", kind: "secret" },
      { key: "publish", kind: "lines", rows: 2, sample: "plant/#" },
      { key: "subscribe", kind: "lines", rows: 2, sample: "plant/#" },
    ],
  },
];
const CAPS = [
  {
    title: "section.caps",
    fields: [
      { key: "max_clients", kind: "number", def: 100, min: 1, max: 10000 },
      { key: "max_message_bytes", kind: "number", def: 1048576, min: 1024, max: 16777216 },
    ],
  },
];

/** Who is there, and what is kept for those who are not. */
function state() {
  const broker = (live.status?.units ?? []).find(({ kind }) => kind === "broker");
  const d = broker?.detail ?? {};
  const clients = Array.isArray(d.clients) ? d.clients : [];
  fill(
    $("#clients"),
    clients.length === 0 && h("p", { class: "empty" }, t("modbus.no_clients")),
    brokerClients(clients),
    h("p", { class: "hint" }, t("broker.kept", { sessions: count(d.absent ?? 0), messages: count(d.retained ?? 0) })),
    d.returned > 0 && h("p", { class: "hint" }, t("bridge.went_round", { n: count(d.returned) })),
    d.trouble && h("p", { class: "trouble" }, mark("bad"), " ", reasonText(d.trouble)),
  );
}

async function main() {
  const config = await ConfigDocument.load();
  certificates = () => certificateNames(config);
  const root = $("#editor");
  let forms = [];

  function section(title, body, add) {
    return h("section", { class: "panel" }, h("div", { class: "detail-head" }, h("h2", {}, t(title)), add), body);
  }

  function form(pointer, fields) {
    const place = h("div", {});
    forms.push(new Form(place, config, pointer, fields));
    return place;
  }

  /** The entries of a list, each with its form and a button to take it away. */
  function entries(pointer, fields, make, { addLabel, emptyLabel }) {
    const items = config.read(pointer) ?? [];
    const change = (list) => {
      config.set(pointer, list);
      show();
    };
    const add = h("button", { type: "button", on: { click: () => change([...items, make(items)]) } }, t(addLabel));
    const list = items.length
      ? items.map((item, index) =>
          h(
            "div",
            { class: "entry" },
            form(pointers.join(pointer, index), fields),
            h(
              "button",
              { type: "button", class: "danger", on: { click: () => change(items.filter((_, at) => at !== index)) } },
              t("editor.delete"),
            ),
          ),
        )
      : h("p", { class: "empty" }, t(emptyLabel));
    return [list, add];
  }

  const bridges = new Bridges({ config, certificates: () => certificates(), form, entries, show });

  function show() {
    forms = [];
    if (!config.read("/mqtt/broker")) {
      fill(
        root,
        h(
          "div",
          { class: "panel empty-state" },
          h("p", {}, t("broker.none")),
          h(
            "button",
            {
              type: "button",
              class: "primary",
              on: {
                click: () => {
                  config.set("/mqtt/broker", { listeners: [{ address: "127.0.0.1:1883" }], users: [] });
                  show();
                },
              },
            },
            t("broker.enable"),
          ),
        ),
      );
      return;
    }
    const [listeners, addListener] = entries(
      "/mqtt/broker/listeners",
      LISTENER,
      () => ({ address: "127.0.0.1:1883" }),
      { addLabel: "broker.add_listener", emptyLabel: "broker.no_listeners" },
    );
    const [users, addUser] = entries(
      "/mqtt/broker/users",
      USER,
      (items) => ({
        name: freshName(
          "user1",
          items.map(({ name }) => name),
        ),
        password: "",
        publish: ["#"],
        subscribe: ["#"],
      }),
      { addLabel: "broker.add_user", emptyLabel: "broker.no_users" },
    );
    const bridged = bridges.section();
    fill(
      root,
      section(
        "section.general",
        form("/mqtt/broker", GENERAL),
        h(
          "button",
          {
            type: "button",
            class: "danger",
            on: {
              click: () => {
                config.set("/mqtt/broker", undefined);
                show();
              },
            },
          },
          t("broker.remove"),
        ),
      ),
      section("broker.listeners", listeners, addListener),
      section("broker.users", users, addUser),
      section(bridged.title, bridged.body, bridged.add),
      h("section", { class: "panel" }, form("/mqtt/broker", CAPS)),
    );
  }

  config.addEventListener("checked", () => forms.forEach((one) => one.showProblems()));
  config.addEventListener("loaded", show);
  live.addEventListener("status", state);
  saveBar(config, {
    jump: (pointer) => {
      bridges.reveal(pointer);
      return forms.some((one) => one.focus(pointer));
    },
  });
  show();
  state();
}

main().catch(failedToLoad);
