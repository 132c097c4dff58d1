// The bridges of the embedded broker: how each other broker is reached, what crosses, and what became of it.

import { freshName } from "./collection.js";
import { h, mark } from "./dom.js";
import { withState } from "./editor.js";
import { t } from "./i18n.js";
import { Delivery } from "./mqtt-delivery.js";
import { sessionFields } from "./mqtt-session.js";
import * as pointers from "./pointer.js";

const LIST = "/mqtt/broker/bridges";

const settings = (certificates) => [
  {
    fields: [
      { key: "name", required: true },
      { key: "url", sample: "mqtts://broker.example:8883", required: true },
      {
        key: "protocol",
        kind: "select",
        words: "none",
        options: ["3.1.1", "5"],
        def: "5",
        hint: "bridge_protocol",
      },
      { key: "client_id", hint: "bridge_client_id" },
      { key: "username" },
      { key: "password", kind: "secret" },
      { key: "keep_alive_s", kind: "number", def: 30, min: 1, max: 65535, unit: "s" },
      { key: "clean_session", kind: "check", def: false },
      { key: "enabled", kind: "check", def: true },
    ],
  },
  ...sessionFields(certificates, { usual: "5", bridge: true }),
];
const RULE = [
  {
    fields: [
      { key: "topic", label: "bridge_topic", hint: "bridge_topic", sample: "press/#", required: true },
      { key: "local_prefix", sample: "line-3/" },
      { key: "remote_prefix", sample: "site-a/" },
      { key: "direction", kind: "select", words: "direction", options: ["out", "in", "both"], required: true },
      {
        key: "qos",
        label: "qos_at_most",
        kind: "select",
        words: "none",
        options: [0, 1, 2],
        def: 1,
        hint: "bridge_qos",
      },
    ],
  },
];

/** The section of a page that has lists of entries (`entries`) and forms (`form`); `show` makes the page anew. */
export class Bridges {
  #config;
  #form;
  #entries;
  #show;
  #fields;
  #open = new Set();
  #panels = [];
  #sign = withState("bridge", () => this.#signs());

  constructor({ config, certificates, form, entries, show }) {
    this.#config = config;
    this.#form = form;
    this.#entries = entries;
    this.#show = show;
    this.#fields = settings(certificates);
  }

  /** Title, button and body of the section. */
  section() {
    for (const { delivery } of this.#panels) delivery.end();
    this.#panels = [];
    const items = this.#config.read(LIST) ?? [];
    const add = h("button", { type: "button", on: { click: () => this.#add(items) } }, t("bridge.add"));
    const body = items.length
      ? items.map((item, index) => this.#bridge(item, index, items))
      : h("p", { class: "empty" }, t("bridge.none"));
    return { title: "bridge.title", body, add };
  }

  /** Opens the bridge a pointer leads into. */
  reveal(pointer) {
    if (!pointer.startsWith(`${LIST}/`)) return;
    this.#panels[Number(pointers.parts(pointer)[3])]?.box.setAttribute("open", "");
  }

  #change(list) {
    this.#config.set(LIST, list);
    this.#show();
  }

  #add(items) {
    const name = freshName(
      "cloud",
      items.map((item) => item.name),
    );
    this.#open.add(name);
    const rules = [{ topic: "#", direction: "out" }];
    this.#change([...items, { name, url: "mqtt://192.168.1.10:1883", rules }]);
  }

  #signs() {
    for (const { place, index } of this.#panels) {
      const item = this.#config.read(pointers.join(LIST, index));
      if (item) place.replaceChildren(mark(this.#sign(item)));
    }
  }

  #bridge(item, index, items) {
    const pointer = pointers.join(LIST, index);
    const [rules, addRule] = this.#entries(
      pointers.join(pointer, "rules"),
      RULE,
      () => ({ topic: "", direction: "out" }),
      { addLabel: "bridge.add_rule", emptyLabel: "bridge.no_rules" },
    );
    const delivery = new Delivery(() => this.#config.read(pointer)?.id, "bridge");
    const place = h("span", {}, mark(this.#sign(item)));
    const remove = () => this.#change(items.filter((_, other) => other !== index));
    const box = h(
      "details",
      {
        class: "item",
        open: this.#open.has(item.name),
        on: { toggle: () => this.#open[box.open ? "add" : "delete"](item.name) },
      },
      h("summary", {}, h("span", { class: "item-name" }, place, item.name), h("code", {}, item.url)),
      h(
        "div",
        { class: "item-body" },
        this.#form(pointer, this.#fields),
        h(
          "section",
          { class: "items" },
          h("div", { class: "detail-head" }, h("h3", {}, t("bridge.rules")), addRule),
          h("p", { class: "hint" }, t("bridge.rules_hint")),
          rules,
        ),
        delivery.element,
        h(
          "div",
          { class: "item-actions" },
          h("button", { type: "button", class: "danger", on: { click: remove } }, t("bridge.remove")),
        ),
      ),
    );
    this.#panels.push({ index, box, place, delivery });
    return box;
  }
}
