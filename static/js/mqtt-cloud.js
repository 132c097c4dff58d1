// Clouds of MQTT connections: the few settings each has, and what follows from them.

import { request } from "./api.js";
import { debounce, fill, h } from "./dom.js";
import { t, time } from "./i18n.js";
import * as pointers from "./pointer.js";

/**
 * What the settings of each cloud make superfluous (`gives`), and the presets its publications and subscriptions can have;
 * the first of each is what a new one begins with.
 */
const CLOUDS = {
  aws: { gives: ["url", "client_id", "username", "password"], publications: ["reported"], subscriptions: ["delta"] },
  azure: {
    gives: ["url", "client_id", "username", "password"],
    publications: ["telemetry", "reported"],
    subscriptions: ["methods", "desired"],
  },
  alibaba: {
    gives: ["url", "client_id", "username", "password"],
    publications: ["reported"],
    subscriptions: ["properties"],
  },
  jwt: {
    gives: ["url", "client_id", "username", "password"],
    publications: ["telemetry", "reported"],
    subscriptions: ["commands"],
  },
  thingsboard: {
    gives: ["username", "password"],
    publications: ["telemetry", "attributes"],
    subscriptions: ["rpc", "attributes"],
  },
  emqx: { gives: ["url"], publications: [], subscriptions: [] },
  hivemq: { gives: ["url"], publications: [], subscriptions: [] },
  "home-assistant": { gives: [], publications: ["discovery"], subscriptions: [] },
};

const of = (connection) => CLOUDS[connection?.cloud?.kind];
/** Whether this member of a connection is the user's to fill in. */
export const own = (member) => (connection) =>
  !of(connection)?.gives.includes(member) || Boolean(connection[member]);
/** Whether its address is one of TLS. */
export const secure = (connection) =>
  connection.url ? /^(mqtts|wss):/.test(connection.url) : Boolean(of(connection)?.gives.includes("url"));

/** The presets that go with a connection, none first. */
export const presets = (connection, member) => ["", ...(of(connection)?.[member] ?? []), "iothinx"];
/** What a new publication or subscription of a connection begins with. */
export function begin(connection, member, fresh) {
  const preset = of(connection)?.[member][0];
  if (!preset) return fresh;
  const { name: _, topic: __, payload: ___, response_topic: ____, ...rest } = fresh;
  const payload = payloadIsOwn({ preset }, connection.cloud) ? { payload: "object" } : {};
  return { name: preset, preset, ...rest, ...payload };
}

/** What a preset leaves to the user of a publication. */
export const topicIsOwn = ({ preset }) => !preset || preset === "discovery";
export const payloadIsOwn = ({ preset }, { kind } = {}) =>
  !preset || (preset === "telemetry" && kind !== "thingsboard") || (preset === "reported" && kind === "jwt");

/** Takes away what the preset of a publication says itself. */
export const presetChosen = (connection) => (config, pointer) => {
  const publication = config.read(pointer);
  const gone = [
    ...(topicIsOwn(publication) ? [] : ["topic"]),
    ...(payloadIsOwn(publication, connection.cloud) ? [] : ["payload", "template", "timestamps", "members", "batch"]),
  ];
  for (const member of gone) config.set(pointers.join(pointer, member), undefined);
};

/** Takes away what the form of commands says itself. */
export function formChosen(config, pointer) {
  const { preset } = config.read(pointer);
  const always = ["topic", "pointer", "template", "tag_template", "answer_template"];
  const gone = !preset ? [] : preset === "iothinx" ? always : [...always, "response_topic", "max_age_s"];
  for (const member of gone) config.set(pointers.join(pointer, member), undefined);
}

const at = (...kinds) => ({ cloud }) => kinds.includes(cloud?.kind);
/** A setting of one cloud: `aws_thing` is `cloud/thing` of `aws`. */
function field(name, more = {}) {
  const [kind, ...rest] = name.split("_");
  return { key: `cloud/${rest.join("_")}`, hint: name, when: at(kind), ...more };
}

/** Takes away what follows from the cloud, and gives back what does not any more. */
function chosen(config, pointer) {
  const connection = config.read(pointer);
  for (const member of of(connection)?.gives ?? []) config.set(pointers.join(pointer, member), undefined);
  if (!connection.url && !of(connection)?.gives.includes("url")) {
    config.set(pointers.join(pointer, "url"), "mqtts://broker.example:8883");
  }
}

export const cloudFields = [
  {
    key: "cloud",
    kind: "select",
    words: "cloud",
    options: ["", ...Object.keys(CLOUDS)],
    show: (cloud) => cloud?.kind ?? "",
    parse: (kind) => ({ value: { kind } }),
    after: chosen,
  },
  field("aws_endpoint", { sample: "a1b2c3-ats.iot.eu-west-1.amazonaws.com" }),
  field("aws_thing"),
  field("aws_shadow"),
  field("aws_port", { kind: "number", def: 8883, min: 1, max: 65535 }),
  field("azure_hub", { sample: "plant.azure-devices.net" }),
  field("azure_device_id"),
  field("azure_shared_access_key", { kind: "secret" }),
  field("alibaba_endpoint", { sample: "iot-060a.mqtt.iothub.aliyuncs.com" }),
  field("alibaba_product_key"),
  field("alibaba_device_name"),
  field("alibaba_device_secret", { kind: "secret" }),
  field("jwt_host", { sample: "us-central1-mqtt.clearblade.com" }),
  field("jwt_port", { kind: "number", def: 8883, min: 1, max: 65535, hint: "none" }),
  field("jwt_project"),
  field("jwt_region"),
  field("jwt_registry"),
  field("jwt_device_id"),
  field("jwt_private_key", { kind: "area", rows: 4, wide: true, sample: "-----BEGIN PRIVATE KEY-----" }),
  { key: "cloud/token_life_s", kind: "number", def: 3600, min: 60, max: 86400, unit: "s", when: at("azure", "jwt") },
  field("thingsboard_token", { kind: "secret" }),
  field("emqx_host", { sample: "x1.ala.eu-central-1.emqxsl.com" }),
  field("hivemq_host", { sample: "x1.s1.eu.hivemq.cloud" }),
  { key: "cloud/discovery_prefix", sample: "homeassistant", when: at("home-assistant") },
];

/** What follows from the settings of a connection to a cloud, as the server derives it. */
export class Derived {
  #round = 0;
  later = debounce(() => this.load(), 350);

  constructor(container, config, pointer) {
    this.config = config;
    this.pointer = pointer;
    this.body = h("dl", { class: "derived" });
    this.box = h("section", { class: "preview", hidden: true }, h("h4", {}, t("mqtt.derived")), this.body);
    container.append(this.box);
    this.load();
  }

  async load() {
    const round = ++this.#round;
    const connection = this.config.read(this.pointer);
    this.box.hidden = !of(connection);
    if (this.box.hidden) return;
    try {
      const { data } = await request("POST", "/preview/connection", { body: { connection } });
      if (round === this.#round) this.#show(data);
    } catch (error) {
      if (round === this.#round) fill(this.body, h("p", { class: "hint" }, error.message));
    }
  }

  #show(derived) {
    if (!derived.url) return void fill(this.body, h("p", { class: "hint" }, t("mqtt.derived_none")));
    const row = (label, text) => text && [h("dt", {}, t(label)), h("dd", {}, h("code", {}, text))];
    const topics = (label, list) => list.map(({ name, topic }) => row(label, `${topic}  (${name})`));
    fill(
      this.body,
      row("mqtt.derived_url", derived.url),
      row("mqtt.derived_server_name", derived.server_name),
      row("mqtt.derived_alpn", derived.alpn.join(", ")),
      row("mqtt.derived_client_id", derived.client_id),
      row("mqtt.derived_username", derived.username),
      row("mqtt.derived_renewed", derived.renewed_at && time(derived.renewed_at)),
      topics("mqtt.derived_publishes", derived.publishes),
      topics("mqtt.derived_subscribes", derived.subscribes),
    );
  }
}
