// The fields of a session with another broker: encryption, MQTT 5, what waits. Alike for connections and bridges.

import { secure } from "./mqtt-cloud.js";

/** `site = north`, one a line, and back. */
const propertiesText = (properties) =>
  Object.entries(properties)
    .map(([name, text]) => `${name} = ${text}`)
    .join("\n");
const parseProperties = (text) => ({
  value: Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.trim())
      .map((line) => {
        const [name, ...rest] = line.split("=");
        return [name.trim(), rest.join("=").trim()];
      }),
  ),
});

/** `certificates` gives the names to choose from, `usual` is the version of MQTT where none is set; of a bridge, what
 *  waited is always sent in order. */
export function sessionFields(certificates, { usual = "3.1.1", bridge = false } = {}) {
  const five = ({ protocol = usual }) => protocol === "5";
  const drain = { key: "buffer/drain", kind: "select", options: ["in-order", "live-first"], def: "in-order" };
  return [
    {
      title: "section.tls",
      when: secure,
      fields: [
        { key: "tls/ca", kind: "area", rows: 4, wide: true, sample: "-----BEGIN CERTIFICATE-----" },
        { key: "tls/certificate", kind: "suggest", hint: "connection_certificate", options: certificates },
        { key: "tls/server_name" },
        { key: "tls/alpn", kind: "lines", rows: 2 },
        { key: "tls/pinned_key", sample: "sha256//…" },
        { key: "tls/insecure", kind: "check", def: false },
        { key: "tls/min_version", kind: "select", words: "none", options: ["1.2", "1.3"], def: "1.2" },
      ],
    },
    {
      title: "section.mqtt5",
      when: five,
      fields: [
        { key: "mqtt5/session_expiry_s", kind: "number", def: 86400, min: 0, max: 4294967295, unit: "s" },
        { key: "mqtt5/receive_maximum", kind: "number", def: 100, min: 1, max: 65535 },
        { key: "mqtt5/message_expiry_s", kind: "number", min: 1, max: 4294967295, unit: "s" },
        { key: "mqtt5/topic_alias", kind: "check", def: true },
        {
          key: "mqtt5/user_properties",
          kind: "area",
          rows: 2,
          wide: true,
          sample: "site = north",
          show: propertiesText,
          parse: parseProperties,
        },
      ],
    },
    {
      title: "section.buffer",
      folded: true,
      fields: [
        { key: "buffer/max_mib", kind: "number", def: 64, min: 0, max: 65536, unit: "MiB" },
        { key: "buffer/max_age_h", kind: "number", def: 72, min: 1, max: 8760, unit: "h" },
        { key: "buffer/full", kind: "select", options: ["drop-oldest", "drop-newest"], def: "drop-oldest" },
        { key: "buffer/durability", kind: "select", options: ["fast", "strict"], def: "fast" },
        ...(bridge ? [] : [drain]),
      ],
    },
  ];
}
