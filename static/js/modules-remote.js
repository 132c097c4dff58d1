// Remote I/O modules: where the registers of a Modbus device lie that channels are made of.

import { typedNumber } from "./columns.js";
import { TYPES } from "./tag-columns.js";

const ROLES = ["input", "count", "output"];
const NUMBERS = TYPES.filter((type) => type !== "bool" && type !== "string");
const MEASURES = ["field", "celsius", "ohm", "millivolt"];

/** The kind of channel that a role is of, on a model with these kinds; nothing where it has none. */
function kindOf(role, kinds, catalogue) {
  const fits = { input: (kind) => !catalogue.kinds[kind].output, count: (kind) => kind === "di", output: (kind) => catalogue.kinds[kind].output };
  return kinds.find(fits[role]);
}

/** `0..4095 = 4..20`, `0.01`, or `0.01 + 4`. */
const scaleText = ({ from, to, gain = 1, offset = 0 }) =>
  from ? `${from.join("..")} = ${(to ?? []).join("..")}` : offset ? `${gain} + ${offset}` : String(gain);

function parseScale(text) {
  const ends = /^(\S+)\.\.(\S+)\s*=\s*(\S+)\.\.(\S+)$/.exec(text);
  const parts = ends ? ends.slice(1) : text.split(/\s+\+\s+/);
  const values = parts.map((part) => typedNumber(part));
  const mistake = (parts.length === 4 || parts.length < 3 ? values : [typedNumber(text)]).find((value) => value.mistake)?.mistake;
  if (mistake) return { value: text, mistake };
  const [a, b, c, d] = values.map(({ value }) => value);
  if (ends) return { value: { from: [a, b], to: [c, d] } };
  return { value: b === undefined ? { gain: a } : { gain: a, offset: b } };
}

const invalid = {
  show: (list) => (Array.isArray(list) ? list.join("; ") : String(list)),
  parse(text) {
    const values = text.split(/[;\s]+/).filter(Boolean).map((part) => typedNumber(part));
    const mistake = values.find((value) => value.mistake)?.mistake;
    return { value: mistake ? text : values.map(({ value }) => value), mistake };
  },
};

function place(role, kind, { digital }) {
  const at = (key, more) => ({ key: `driver/registers/${role}/${key}`, label: key, hint: "none", ...more });
  const onOff = digital && role !== "count";
  const tables = onOff ? ["coil", "discrete", "input", "holding"] : ["input", "holding"];
  const here = (module) => module.driver?.registers?.[role] ?? {};
  const types = role === "count" ? ["u16", "u32"] : NUMBERS;
  const fields = [
    at("table", {
      kind: "select",
      words: "none",
      options: role === "output" ? tables.filter((table) => table === "coil" || table === "holding") : tables,
      required: true,
    }),
    at("address", { kind: "number", min: 0, max: 65535, required: true, hint: "first_address" }),
    at("step", { kind: "number", min: 1, max: 1000, hint: "step" }),
  ];
  if (onOff) {
    const packs = (module) => ["input", "holding"].includes(here(module).table);
    return [...fields, at("packed", { kind: "check", def: false, hint: "packed", when: packs })];
  }
  fields.push(at("type", { kind: "select", words: "none", options: types, def: "u16" }), at("order", { hint: "register_order", sample: "AB" }));
  if (role !== "count") fields.push(at("scale", { label: "register_scale", hint: "register_scale", show: scaleText, parse: parseScale, sample: "0..4095 = 4..20" }));
  fields.push(at("invalid", { hint: "invalid", ...invalid }));
  if (role === "input") {
    const def = kind === "rtd" || kind === "tc" ? "celsius" : "field";
    fields.push(at("measures", { kind: "select", words: "measures", options: MEASURES, def, hint: "measures" }));
  }
  return fields;
}

/** The fields of the device, and of each of its ranges that the model has channels for. */
export function remoteSections(kinds, catalogue, ports) {
  const title = { input: "section.registers_input", count: "section.registers_count", output: "section.registers_output" };
  return [
    {
      title: "section.remote",
      fields: [
        { key: "driver/port", kind: "select", words: "none", options: ports, required: true },
        { key: "driver/unit_id", kind: "number", min: 0, max: 255, required: true },
        { key: "driver/timeout_ms", kind: "auto", def: "auto", min: 10, max: 120000, unit: "ms" },
        { key: "driver/min_gap_ms", kind: "number", def: 0, min: 0, max: 10000, unit: "ms" },
        { key: "driver/write_function", kind: "select", options: ["auto", "single", "multiple"], def: "auto" },
        { key: "driver/profile" },
      ],
    },
    ...ROLES.flatMap((role) => {
      const kind = kindOf(role, kinds, catalogue);
      return kind ? [{ title: title[role], fields: place(role, kind, catalogue.kinds[kind]) }] : [];
    }),
  ];
}

/** A remote module at the first port, its channels from address 0. */
export function freshRemote({ kinds, catalogue, ports }) {
  const driver = { kind: "modbus-io", port: ports[0] ?? "", unit_id: 1 };
  keepToRoles(driver, { kinds, before: [], catalogue });
  return driver;
}

/** Ranges that the model has no channels for go; those it needs and lacks begin at address 0. */
export function keepToRoles(driver, { kinds, before, catalogue }) {
  const kept = driver.registers ?? {};
  driver.registers = {};
  for (const role of ROLES) {
    const kind = kindOf(role, kinds, catalogue);
    if (!kind) continue;
    const same = kindOf(role, before, catalogue) === kind;
    const { digital, output } = catalogue.kinds[kind];
    const table = digital ? (output ? "coil" : "discrete") : output ? "holding" : "input";
    // Not every module keeps counts: nobody is asked for them.
    if (same && kept[role]) driver.registers[role] = kept[role];
    else if (role !== "count") driver.registers[role] = { table, address: 0 };
  }
}
