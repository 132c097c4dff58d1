// Edge nodes of Sparkplug: the settings of the connection, and what they leave to its publications.

import * as pointers from "./pointer.js";

/** Whether Sparkplug says itself what else a publication would. */
export const isMetrics = ({ payload }) => payload === "sparkplug";

/** A member that Sparkplug settles is shown only where it is in the way. */
export const unlessMetrics = (member) => (publication) =>
  !isMetrics(publication) || pointers.read(publication, `/${member}`) !== undefined;

const SETTLED = ["topic", "qos", "retain", "gzip", "timestamps", "members", "template", "trigger/on_connect", "trigger/request_topic"];

/** Takes away what payload `sparkplug` settles, or what only goes with it. */
export function payloadChosen(config, pointer) {
  const gone = isMetrics(config.read(pointer)) ? SETTLED : ["device"];
  for (const member of gone) {
    const at = pointers.join(pointer, ...member.split("/"));
    if (config.read(at) !== undefined) config.set(at, undefined);
  }
}

/** What a new publication of an edge node begins with. */
export const NEW_METRICS = { name: "metrics", tags: ["*/*"], payload: "sparkplug", trigger: { on_change: true } };

/** The section of a connection; `written` offers the tags that can be written. */
export const sparkplugSection = (written) => ({
  title: "section.sparkplug",
  folded: true,
  when: ({ cloud, sparkplug }) => !cloud || sparkplug !== undefined,
  fields: [
    { key: "sparkplug/group", label: "sparkplug_group", hint: "sparkplug_group", sample: "plant-1" },
    { key: "sparkplug/edge_node", label: "sparkplug_node", hint: "none", sample: "line-3" },
    { key: "sparkplug/primary_host", label: "sparkplug_host", hint: "sparkplug_host", sample: "scada" },
    {
      key: "sparkplug/writable",
      label: "sparkplug_writable",
      hint: "sparkplug_writable",
      kind: "lines",
      rows: 3,
      sample: "oven/setpoint",
      offers: written,
    },
  ],
});
