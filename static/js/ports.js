// The editor of ports.

import { request } from "./api.js";
import { Collection } from "./collection.js";
import { ConfigDocument } from "./document.js";
import { $, h } from "./dom.js";
import { Form } from "./form.js";
import { t, word } from "./i18n.js";
import { keepToKind } from "./members.js";
import * as pointers from "./pointer.js";
import { failedToLoad, withState } from "./editor.js";
import { Needs } from "./needs.js";
import { saveBar } from "./savebar.js";

const BAUDS = [1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600];
/** The host's serial ports, names that survive replugging first. */
let hostPorts = [];
const isSerial = ({ kind }) => kind === "serial";
const isTcp = ({ kind }) => kind === "tcp";
const isNet = ({ kind }) => kind === "tcp" || kind === "rtu-over-tcp";
const isLine = ({ kind }) => kind !== "tcp";
/** What each kind of port has beside what all have. */
const MEMBERS = {
  serial: "path framing mode baud data_bits parity stop_bits gap_ms broadcast_delay_ms initial_delay_ms",
  tcp: "address connect_timeout_ms in_flight",
  "rtu-over-tcp": "address connect_timeout_ms gap_ms broadcast_delay_ms",
};
const SECTIONS = [
  {
    fields: [
      { key: "name", required: true },
      { key: "kind", kind: "select", options: ["serial", "tcp", "rtu-over-tcp"], required: true },
      {
        key: "path",
        kind: "suggest",
        options: () => hostPorts.map(suggestion),
        sample: "/dev/serial/by-id/…",
        wide: true,
        required: true,
        when: isSerial,
      },
      { key: "address", hint: "endpoint", sample: "10.0.0.5:502", wide: true, required: true, when: isNet },
      { key: "description", kind: "prose" },
      { key: "enabled", kind: "check", def: true },
    ],
  },
  {
    title: "section.line",
    when: isSerial,
    fields: [
      { key: "framing", kind: "select", options: ["rtu", "ascii"], def: "rtu" },
      { key: "mode", kind: "select", options: ["rs232", "rs422", "rs485-2w", "rs485-4w"], def: "rs485-2w" },
      { key: "baud", kind: "suggest", options: () => BAUDS, def: 19200, number: true, unit: "Bd" },
      {
        key: "data_bits",
        kind: "select",
        options: [7, 8],
        def: 8,
        when: ({ framing, data_bits }) => framing === "ascii" || data_bits === 7,
      },
      { key: "parity", kind: "select", options: ["none", "even", "odd"], def: "even" },
      { key: "stop_bits", kind: "select", options: [1, 2], def: 1 },
    ],
  },
  {
    title: "section.timing",
    fields: [
      { key: "timeout_ms", kind: "auto", def: "auto", min: 10, max: 120000, unit: "ms" },
      { key: "retries", kind: "number", def: 1, min: 0, max: 10 },
      { key: "in_flight", kind: "number", def: 1, min: 1, max: 16, when: isTcp },
    ],
  },
  {
    title: "section.more",
    folded: true,
    fields: [
      { key: "connect_timeout_ms", kind: "number", def: 3000, min: 100, max: 60000, unit: "ms", when: isNet },
      { key: "gap_ms", kind: "number", min: 0, max: 10000, unit: "ms", when: isLine },
      { key: "broadcast_delay_ms", kind: "number", def: 100, min: 0, max: 10000, unit: "ms", when: isLine },
      { key: "initial_delay_ms", kind: "number", def: 0, min: 0, max: 60000, unit: "ms", when: isSerial },
      { key: "probe_budget_percent", kind: "number", def: 5, min: 1, max: 50, unit: "%" },
    ],
  },
];

/** A path to choose, with what is known of the adapter behind it. */
function suggestion({ path, device, product, driver }) {
  const label = [device, product, driver].filter(Boolean).join(" · ");
  return label ? { value: path, label } : path;
}

const character = ({ data_bits = 8, parity = "even", stop_bits = 1 }) =>
  `${data_bits}${parity[0].toUpperCase()}${stop_bits}`;
const summary = (port) =>
  isNet(port)
    ? `${word("option", port.kind)} ${port.address ?? ""}`
    : `${port.baud ?? 19200} ${character(port)}${port.framing === "ascii" ? " ASCII" : ""}`;

async function main() {
  // Suggestions only: a path can be typed whether or not the host could say what it has.
  const [config, host] = await Promise.all([
    ConfigDocument.load(),
    request("GET", "/host/serial-ports").catch(() => undefined),
  ]);
  hostPorts = host?.data.ports ?? [];
  let form;
  const list = new Collection($("#editor"), {
    config,
    pointer: "/ports",
    title: "nav.ports",
    addLabel: "ports.add",
    emptyLabel: "ports.empty",
    deleteText: "ports.delete_text",
    summary,
    state: withState("line", () => list.showList()),
    make: () => ({ name: "COM1", kind: "serial", path: "" }),
    show(body, pointer, port) {
      const users = [
        ...(config.read("/devices") ?? []).filter((device) => device.port === port.name).map(({ name }) => ["devices", name]),
        ...(config.read("/modules") ?? []).filter(({ driver }) => driver?.port === port.name).map(({ name }) => ["modules", name]),
        ...routes().filter((route) => route.port === port.name).map(({ units }) => ["modbus-server", t("ports.route", { units })]),
      ];
      const place = h("div", {});
      body.append(
        place,
        h(
          "p",
          { class: "hint" },
          t("ports.devices"),
          " ",
          users.length
            ? users.map(([page, name], index) => [
                index > 0 && ", ",
                h("a", { href: page === "modbus-server" ? `/${page}` : `/${page}#${encodeURIComponent(name)}` }, name),
              ])
            : t("ports.no_devices"),
        ),
      );
      form = new Form(place, config, pointer, SECTIONS);
      const needs = h("div", { class: "needs" });
      place.after(needs);
      new Needs(needs, config, () => list.chosen?.name);
    },
  });
  config.addEventListener("changed", ({ detail }) => {
    if (detail.pointer === pointers.join(list.pointer, "kind")) {
      const port = config.read(list.pointer);
      keepToKind(port, port?.kind, MEMBERS);
      form?.refresh();
    }
    // RTU has 8 data bits: a 7 from ASCII must not stay behind out of sight.
    if (detail.pointer === pointers.join(list.pointer, "framing") && config.read(detail.pointer) !== "ascii") {
      pointers.remove(config.data, pointers.join(list.pointer, "data_bits"));
      form?.refresh();
    }
    // Devices and the gateway name their port: a new name goes to them too, so that a rename is one edit.
    if (detail.pointer === pointers.join(list.pointer, "name")) followName();
    list.refresh();
  });
  let known = names();
  function names() {
    return (config.read("/ports") ?? []).map(({ name }) => name);
  }
  function routes() {
    return config.read("/modbus_server/gateway") ?? [];
  }
  function followName() {
    const now = names();
    now.forEach((name, index) => {
      const before = known[index];
      if (before === name || now.length !== known.length || now.includes(before)) return;
      for (const device of config.read("/devices") ?? []) if (device.port === before) device.port = name;
      for (const { driver } of config.read("/modules") ?? []) if (driver?.port === before) driver.port = name;
      for (const route of routes()) if (route.port === before) route.port = name;
    });
    known = now;
  }
  config.addEventListener("loaded", () => {
    known = names();
    list.reload();
  });
  config.addEventListener("checked", () => {
    list.showList();
    form?.showProblems();
  });
  list.begin();
  saveBar(config, {
    jump: (pointer) => {
      const [, index] = pointers.parts(pointer);
      if (index !== undefined) list.choose(Number(index));
      form?.focus(pointer);
    },
  });
}

main().catch(failedToLoad);
