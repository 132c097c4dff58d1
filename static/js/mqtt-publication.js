// The form of a publication.

import { $ } from "./dom.js";
import { word } from "./i18n.js";
import { payloadIsOwn, presetChosen, presets, topicIsOwn } from "./mqtt-cloud.js";
import { isMetrics, payloadChosen, unlessMetrics } from "./mqtt-sparkplug.js";

const attributes = () =>
  [...$("#attributes").options].map(({ value }) => ({ value, label: word("attribute", value) }));
const conditioned = ({ trigger }) => ["condition", "hysteresis", "leave", "on", "repeat_ms"].some((key) => trigger?.[key] !== undefined);
const beats = (trigger) => trigger?.interval_ms !== undefined && !trigger.on_change && !trigger.on_quality && !trigger.every;
const listed = ({ payload, batch }) => ["array", "csv", "sparkplug"].includes(payload) || batch !== undefined;

/** Lines of `member = name` as the document has them; what is no such line is left to the server to refuse. */
function membersOf(text) {
  const lines = text.split("\n").map((line) => line.split("=").map((half) => half.trim()));
  const named = lines.filter(([member]) => member).map(([member, name]) => [member, name ?? member]);
  return { value: named.length ? Object.fromEntries(named) : undefined };
}

/** The form of a publication of this connection; `published` offers the tags there are. */
export const publicationFields = (published, connection) => [
  {
    fields: [
      { key: "name", required: true },
      {
        key: "preset",
        kind: "select",
        words: "preset",
        hint: "publication_preset",
        options: presets(connection, "publications"),
        parse: (value) => ({ value }),
        after: presetChosen(connection),
      },
      {
        key: "topic",
        wide: true,
        hint: "publication_topic",
        sample: "{appliance}/read/{tag}/{attribute}",
        required: true,
        when: (publication) => (topicIsOwn(publication) && !isMetrics(publication)) || publication.topic,
      },
      {
        key: "device",
        label: "sparkplug_device",
        hint: "sparkplug_device",
        when: (publication) => isMetrics(publication) || publication.device,
      },
      { key: "tags", kind: "lines", rows: 3, sample: "meter1/*", required: true, offers: published },
      { key: "attributes", kind: "lines", rows: 3, sample: "value", offers: attributes },
      {
        key: "payload",
        kind: "select",
        options: ["value", "object", "array", "csv", "template", "sparkplug"],
        def: "value",
        after: payloadChosen,
        when: (publication) => payloadIsOwn(publication, connection.cloud) || publication.payload,
      },
      {
        key: "template",
        kind: "area",
        rows: 8,
        wide: true,
        sample: '{"value": {{ value }}, "at": "{{ timestamp }}"}',
        when: ({ payload }) => payload === "template",
      },
      {
        key: "members",
        kind: "area",
        rows: 4,
        sample: "value = v\ntimestamp = ts",
        show: (members) => Object.entries(members).map(([member, name]) => `${member} = ${name}`).join("\n"),
        parse: membersOf,
        when: ({ payload, members }) => ["value", "array", "csv", undefined].includes(payload) || members !== undefined,
      },
      {
        key: "timestamps",
        kind: "select",
        options: ["rfc3339", "ms"],
        def: "rfc3339",
        when: ({ payload, timestamps }) => !["template", "sparkplug"].includes(payload) || timestamps !== undefined,
      },
      { key: "batch/count", label: "batch_count", hint: "batch_count", kind: "number", min: 1, max: 10000, when: listed },
      {
        key: "batch/interval_ms",
        label: "batch_ms",
        hint: "batch_ms",
        kind: "number",
        min: 10,
        max: 86400000,
        unit: "ms",
        when: listed,
      },
      { key: "gzip", kind: "check", def: false, when: unlessMetrics("gzip") },
      { key: "qos", kind: "select", words: "none", options: [0, 1, 2], def: 0, when: unlessMetrics("qos") },
      { key: "retain", kind: "check", def: false, when: unlessMetrics("retain") },
      { key: "enabled", kind: "check", def: true },
    ],
  },
  {
    title: "section.trigger",
    fields: [
      { key: "trigger/on_change", kind: "check", def: false },
      { key: "trigger/every", kind: "check", def: false },
      { key: "trigger/interval_ms", kind: "number", min: 10, max: 86400000, unit: "ms" },
      {
        key: "trigger/min_gap_ms",
        label: "merge_ms",
        hint: "merge_ms",
        kind: "number",
        min: 1,
        max: 3600000,
        unit: "ms",
        when: ({ trigger }) => trigger?.on_change === true || trigger?.on_quality === true,
      },
      { key: "trigger/aligned", kind: "check", def: false, when: ({ trigger }) => beats(trigger) || trigger?.aligned },
      { key: "trigger/on_quality", kind: "check", def: false },
      { key: "trigger/on_connect", kind: "check", def: true, when: unlessMetrics("trigger/on_connect") },
      { key: "trigger/request_topic", wide: true, sample: "{appliance}/refresh", when: unlessMetrics("trigger/request_topic") },
      { key: "trigger/condition", kind: "area", rows: 2, wide: true, sample: "oven.temperature > 180" },
      { key: "trigger/hysteresis", kind: "number", whole: false, when: conditioned },
      { key: "trigger/leave", kind: "area", rows: 2, wide: true, sample: "oven.temperature < 170", when: conditioned },
      { key: "trigger/on", kind: "select", hint: "none", options: ["enter", "leave", "both"], def: "enter", when: conditioned },
      { key: "trigger/repeat_ms", kind: "number", min: 100, max: 86400000, unit: "ms", when: conditioned },
    ],
  },
];
export const NEW_PUBLICATION = {
  name: "values",
  topic: "{appliance}/read/{tag}/{attribute}",
  tags: ["*/*"],
  payload: "value",
  trigger: { on_change: true, interval_ms: 60000 },
  qos: 1,
  retain: true,
};
