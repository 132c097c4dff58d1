// The editor of MQTT connections with their publications and subscriptions.

import { Collection, freshName, withoutIds } from "./collection.js";
import { ConfigDocument } from "./document.js";
import { $, fill, h, mark } from "./dom.js";
import { certificateNames, failedToLoad, withState } from "./editor.js";
import { ExpressionValue } from "./expression.js";
import { Form } from "./form.js";
import { t, word } from "./i18n.js";
import { begin, cloudFields, Derived, formChosen, own, presets } from "./mqtt-cloud.js";
import { Delivery } from "./mqtt-delivery.js";
import { Many } from "./mqtt-many.js";
import { Preview } from "./mqtt-preview.js";
import { NEW_PUBLICATION, publicationFields } from "./mqtt-publication.js";
import { sessionFields } from "./mqtt-session.js";
import { NEW_METRICS, sparkplugSection } from "./mqtt-sparkplug.js";
import * as pointers from "./pointer.js";
import { saveBar } from "./savebar.js";
import { tagOffers } from "./tag-names.js";

/** What publications and subscriptions can name; filled once the document is there. */
let published = () => [];
let written = () => [];

/** The names of certificates; filled once the document is there. */
let certificates = () => [];

const delivery = (message) => [
  { key: `${message}/qos`, label: "qos", kind: "select", words: "none", options: [0, 1, 2], def: 0, hint: "none" },
  { key: `${message}/retain`, label: "retain", kind: "check", def: false, hint: "none" },
];
const CONNECTION = [
  {
    fields: [
      { key: "name", required: true },
      ...cloudFields,
      { key: "url", sample: "mqtt://192.168.1.10:1883", required: true, when: own("url") },
      { key: "protocol", kind: "select", words: "none", options: ["3.1.1", "5"], def: "3.1.1" },
      { key: "client_id", hint: "client_id", when: own("client_id") },
      { key: "username", when: own("username") },
      { key: "password", kind: "secret", when: own("password") },
      { key: "keep_alive_s", kind: "number", def: 30, min: 1, max: 65535, unit: "s" },
      {
        key: "clean_session",
        kind: "check",
        def: false,
        when: ({ sparkplug, clean_session }) => !sparkplug || clean_session === false,
      },
      { key: "enabled", kind: "check", def: true },
    ],
  },
  ...sessionFields(() => certificates()),
  sparkplugSection(() => written()),
  {
    title: "section.birth",
    folded: true,
    when: ({ sparkplug, birth, last_will }) => !sparkplug || birth || last_will,
    fields: [
      { key: "birth/topic", label: "birth_topic", hint: "message_topic", sample: "{appliance}/status" },
      { key: "birth/payload", label: "birth_payload", hint: "none", sample: "online" },
      ...delivery("birth"),
      { key: "last_will/topic", label: "last_will_topic", hint: "message_topic", sample: "{appliance}/status" },
      { key: "last_will/payload", label: "last_will_payload", hint: "none", sample: "offline" },
      ...delivery("last_will"),
    ],
  },
];
const plain = ({ preset }) => !preset;
const templateOf = (key, sample) => ({ key, kind: "area", rows: 2, wide: true, sample, when: plain });
const subscriptionFields = (options) => [
  {
    fields: [
      { key: "name", required: true },
      { key: "preset", kind: "select", words: "commands", hint: "commands_preset", options, parse: (value) => ({ value }), after: formChosen },
      {
        key: "topic",
        wide: true,
        hint: "subscription_topic",
        sample: "{appliance}/write/{tag}",
        required: true,
        when: ({ preset, topic }) => !preset || topic,
      },
      {
        key: "tags",
        kind: "lines",
        rows: 3,
        sample: "oven/setpoint",
        hint: "subscription_tags",
        required: true,
        offers: () => written(),
      },
      { key: "pointer", sample: "/data/setpoint", when: plain },
      templateOf("tag_template", "{{ payload.unit }}/{{ payload.point }}"),
      { ...templateOf("template", "{{ payload.args[0] }}"), label: "value_template", hint: "value_template" },
      templateOf("answer_template", '{"job": {{ payload.job | tojson }}, "done": {{ ok }}}'),
      { key: "response_topic", wide: true, sample: "{appliance}/written/{tag}", when: ({ preset }) => !preset || preset === "iothinx" },
      { key: "qos", kind: "select", words: "none", options: [0, 1, 2], def: 0 },
      {
        key: "max_age_s",
        kind: "number",
        min: 1,
        max: 86400,
        unit: "s",
        when: ({ preset }) => !preset || preset === "iothinx",
      },
      { key: "enabled", kind: "check", def: true },
    ],
  },
];
const NEW_SUBSCRIPTION = {
  name: "commands",
  topic: "{appliance}/write/{tag}",
  tags: [],
  qos: 1,
  response_topic: "{appliance}/written/{tag}",
};

const ITEM_WORDS = {
  publications: { title: "mqtt.publications", add: "mqtt.add_publication", none: "mqtt.no_publications" },
  subscriptions: { title: "mqtt.subscriptions", add: "mqtt.add_subscription", none: "mqtt.no_subscriptions" },
};

/** What a new publication or subscription of a connection begins with. */
const started = (connection, member, fresh) =>
  connection.sparkplug && member === "publications" ? NEW_METRICS : begin(connection, member, fresh);

async function main() {
  const config = await ConfigDocument.load();
  certificates = () => certificateNames(config);
  published = () => tagOffers(config);
  written = () => tagOffers(config, { written: true });
  let forms = [];
  let previews = [];
  let ledger = null;
  /** The lists shown, by their pointer: an item may stand on a page that is not. */
  const lists = new Map();
  const reveal = (pointer) => {
    const parts = pointers.parts(pointer);
    lists.get(pointers.join("/mqtt/connections", parts[2], parts[3]))?.reveal(Number(parts[4]));
    return $(`#editor [data-pointer="${pointer}"]`);
  };

  const list = new Collection($("#editor"), {
    config,
    pointer: "/mqtt/connections",
    title: "nav.mqtt",
    addLabel: "mqtt.add",
    emptyLabel: "mqtt.empty",
    deleteText: "mqtt.delete_text",
    summary: (connection) => connection.url ?? word("cloud", connection.cloud?.kind),
    state: withState("mqtt", () => list.showList()),
    make: () => ({ name: "site", url: "mqtt://127.0.0.1:1883", publications: [], subscriptions: [] }),
    show,
  });

  function show(body, pointer) {
    forms = [];
    previews = [];
    const place = h("div", {});
    body.append(place);
    forms.push(new Form(place, config, pointer, CONNECTION));
    previews.push(new Derived(body, config, pointer));
    ledger?.end();
    ledger = new Delivery(() => config.read(pointer)?.id);
    body.append(ledger.element);
    body.append(
      items(pointer, "publications", NEW_PUBLICATION, (inner, at) => {
        const [left, right, now] = [h("div", {}), h("div", { class: "preview" }), h("div", { class: "preview" })];
        inner.append(h("div", { class: "with-preview" }, left, h("div", { class: "previews" }, now, right)));
        forms.push(new Form(left, config, at, publicationFields(published, config.read(pointer))));
        previews.push(new Preview(right, config, pointer, at));
        previews.push(new ExpressionValue(now, () => config.read(pointers.join(at, "trigger", "condition"))));
      }),
      items(pointer, "subscriptions", NEW_SUBSCRIPTION, (inner, at) =>
        forms.push(
          new Form(inner, config, at, subscriptionFields(presets(config.read(pointer), "subscriptions"))),
        ),
      ),
    );
  }

  /** The publications or subscriptions of a connection, each folded under its name; an open one builds its form. */
  function items(connection, member, fresh, build) {
    const at = pointers.join(connection, member);
    const all = config.read(at) ?? [];
    const open = (index) => () => {
      list.choose(Number(pointers.parts(connection).at(-1)), { remember: false });
      if (index >= 0) reveal(pointers.join(at, index))?.setAttribute("open", "");
    };
    const insert = (item, index) => {
      const next = [...all];
      next.splice(index, 0, {
        ...item,
        name: freshName(
          item.name,
          all.map(({ name }) => name),
        ),
      });
      config.set(at, next);
      open(index)();
    };
    const remove = (index) => {
      config.set(
        at,
        all.filter((_, other) => other !== index),
      );
      open(-1)();
    };
    const add = h(
      "button",
      {
        type: "button",
        on: { click: () => insert(structuredClone(started(config.read(connection), member, fresh)), all.length) },
      },
      t(ITEM_WORDS[member].add),
    );
    const row = (item, index) => {
      const inner = h("div", { class: "item-body" });
      const pointer = pointers.join(at, index);
      const box = h(
        "details",
        {
          class: "item",
          dataset: { pointer },
          on: {
            toggle: () => {
              if (!box.open || inner.hasChildNodes()) return;
              build(inner, pointer);
              inner.append(
                h(
                  "div",
                  { class: "item-actions" },
                  h(
                    "button",
                    {
                      type: "button",
                      on: { click: () => insert(withoutIds(structuredClone(config.read(pointer))), index + 1) },
                    },
                    t("editor.duplicate"),
                  ),
                  h(
                    "button",
                    { type: "button", class: "danger", on: { click: () => remove(index) } },
                    t("editor.delete"),
                  ),
                ),
              );
            },
          },
        },
        h("summary", {}, headline(item, pointer)),
        inner,
      );
      return box;
    };
    const change = (list) => {
      config.set(at, list);
      open(-1)();
    };
    const many = new Many({ key: at, read: () => config.read(at) ?? [], row, change: member === "publications" && change });
    lists.set(at, many);
    return h(
      "section",
      { class: "items" },
      h("div", { class: "detail-head" }, h("h3", {}, t(ITEM_WORDS[member].title)), add),
      all.length === 0 && h("p", { class: "empty" }, t(ITEM_WORDS[member].none)),
      many.element,
    );
  }

  function headline(item, pointer) {
    const wrong = config.problemsAt(pointer).length > 0;
    return [
      h(
        "span",
        { class: "item-name" },
        wrong ? mark("bad") : item.enabled === false ? mark("idle") : null,
        item.name || t("editor.unnamed"),
      ),
      item.topic ? h("code", {}, item.topic) : h("span", { class: "kind" }, item.preset ?? item.device ?? item.payload ?? ""),
    ];
  }

  function refreshHeads() {
    for (const box of document.querySelectorAll("#editor .item")) {
      const item = config.read(box.dataset.pointer);
      if (item) fill($("summary", box), headline(item, box.dataset.pointer));
    }
  }

  config.addEventListener("changed", () => {
    list.refresh();
    refreshHeads();
    for (const preview of previews) preview.later();
  });
  config.addEventListener("checked", () => {
    list.showList();
    refreshHeads();
    forms.forEach((form) => form.showProblems());
  });
  config.addEventListener("loaded", () => {
    const open = [...document.querySelectorAll("#editor .item[open]")].map((box) => box.dataset.pointer);
    list.reload();
    for (const pointer of open) reveal(pointer)?.setAttribute("open", "");
  });
  list.begin();
  saveBar(config, {
    jump: async (pointer) => {
      const [, , index, member, item] = pointers.parts(pointer);
      if (index === undefined) return;
      if (Number(index) !== Number(pointers.parts(list.pointer)[2])) list.choose(Number(index));
      if (item !== undefined) {
        reveal(pointers.join("/mqtt/connections", index, member, item))?.setAttribute("open", "");
        await new Promise((done) => setTimeout(done));
      }
      forms.some((form) => form.focus(pointer));
    },
  });
}

main().catch(failedToLoad);
