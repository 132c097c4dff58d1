// The members of modules and channels as fields: which there are depends on the kind of channel and its mode.

import { t, word } from "./i18n.js";
import { typedNumber } from "./columns.js";
import { deadbandText, parseDeadband } from "./tag-columns.js";
import { driverSections, usualScan } from "./modules-drivers.js";

/** A number, or one of these words, which stand in the document in English and here in the reader's language. */
function numberOr(...words) {
  const said = words.map((value) => [value, word("channel_word", value)]);
  return {
    kind: "suggest",
    options: () => said.map(([, text]) => text),
    show: (value) => said.find(([known]) => known === value)?.[1] ?? String(value),
    parse(text) {
      const typed = text.toLowerCase();
      const found = said.find(([known, own]) => known === typed || own.toLowerCase() === typed);
      return found ? { value: found[0] } : typedNumber(text);
    },
  };
}

const deadband = { key: "deadband", show: deadbandText, parse: parseDeadband, sample: "2 %" };
const unit = { key: "unit", hint: "channel_unit" };
const mean = { key: "mean", kind: "number", def: 1, min: 1, max: 100 };
const inverted = { key: "inverted", kind: "check", def: false };
const HALF_MS = { kind: "number", max: 32767.5, whole: false, unit: "ms" };
const modes = (...words) => (channel) => words.includes(channel.mode);
const preset = (key) => ({ key, kind: "select", words: "preset", options: ["hold", "off", "on"], def: "hold" });
const isTemperature = (channel) => channel.mode !== "disabled" && !/(ohm|mV)$/.test(channel.mode ?? "");
const isOn = (channel) => channel.mode !== "disabled";

const OUTPUT = { title: "section.channel_safety", fields: [preset("power_on"), preset("safe")] };
const burnoutValue = () => ({ key: "burnout_value", ...numberOr("hold", "null"), sample: t("channel_word.hold") });
const SHOWN = { title: "section.channel_value", when: isOn };

/** What each kind has beside what all have. */
const OWN = {
  di: () => [
    {
      title: "section.channel_input",
      fields: [{ key: "filter_ms", ...HALF_MS, def: 0, min: 0 }, inverted],
    },
    {
      title: "section.channel_counter",
      when: modes("counter"),
      fields: [
        { key: "edge", kind: "select", words: "edge", options: ["rising", "falling", "both"], def: "rising" },
        { key: "initial_count", kind: "number", def: 0, min: 0, max: 4294967295 },
        { key: "counting", kind: "check", def: true },
        { key: "keep_count", kind: "check", def: false },
      ],
    },
  ],
  do: () => [
    {
      title: "section.channel_pulse",
      when: modes("pulse"),
      fields: [
        { key: "pulse_count", kind: "number", def: 0, min: 0, max: 65535 },
        { key: "pulse_on_ms", ...HALF_MS, def: 500, min: 0.5 },
        { key: "pulse_off_ms", ...HALF_MS, def: 500, min: 0.5 },
      ],
    },
    { title: "section.channel_output", fields: [inverted] },
    OUTPUT,
  ],
  relay: () => [OUTPUT],
  ai: () => [
    { ...SHOWN, fields: [unit, deadband, mean] },
    {
      title: "section.channel_burnout",
      when: modes("4-20mA-burnout"),
      fields: [{ key: "burnout_ma", kind: "number", whole: false, def: 2, min: 0, max: 4, unit: "mA" }, burnoutValue()],
    },
  ],
  ao: () => [
    { ...SHOWN, fields: [unit, deadband] },
    {
      title: "section.channel_safety",
      when: isOn,
      fields: [
        { key: "power_on", hint: "power_on_level", ...numberOr("hold"), sample: t("channel_word.hold") },
        { key: "safe", hint: "safe_level", ...numberOr("hold"), sample: t("channel_word.hold") },
      ],
    },
  ],
  rtd: () => temperature(),
  tc: () => temperature({ key: "cold_junction_offset", kind: "number", whole: false, def: 0, min: -100, max: 100, unit: "°C" }),
};

function temperature(...more) {
  return [
    {
      ...SHOWN,
      fields: [
        { key: "degrees", kind: "select", words: "degrees", options: ["degC", "degF", "K"], def: "degC", when: isTemperature },
        { key: "offset", hint: "channel_offset", kind: "number", whole: false, def: 0, min: -1000, max: 1000 },
        ...more.map((field) => ({ ...field, when: isTemperature })),
        unit,
        deadband,
        mean,
        burnoutValue(),
      ],
    },
  ];
}

const MODE_HINT = {
  di: "mode_di",
  do: "mode_do",
  relay: "none",
  ai: "mode_range",
  ao: "mode_range",
  rtd: "mode_sensor",
  tc: "mode_sensor",
};

/** The fields of a channel; `numbers` are the places on the module it could have. */
export function channelSections(catalogue, kind, numbers) {
  const words = Object.keys(catalogue.kinds[kind].modes);
  return [
    {
      fields: [
        { key: "name", required: true },
        { key: "mode", label: "channel_mode", kind: "select", words: "channel_mode", options: words, def: words[0], hint: MODE_HINT[kind] },
        { key: "channel", kind: "select", words: "none", options: numbers, number: true, required: true },
        { key: "description", kind: "prose" },
        { key: "enabled", kind: "check", def: true },
      ],
    },
    ...OWN[kind](),
  ];
}

/** The fields of a module; `ports` by name. */
export function moduleSections(catalogue, { model, driver }, ports) {
  const kinds = catalogue.models[model]?.channels ?? [];
  return [
    {
      fields: [
        { key: "name", required: true },
        { key: "slot", kind: "number", min: 1, max: catalogue.slots, required: true },
        { key: "model", kind: "select", words: "model", options: Object.keys(catalogue.models), required: true },
        { key: "scan_ms", kind: "number", def: usualScan(driver?.kind) ?? catalogue.models[model]?.scan_ms, min: 1, max: 60000, unit: "ms" },
        { key: "description", kind: "prose" },
        { key: "enabled", kind: "check", def: true },
      ],
    },
    ...driverSections(driver?.kind, { kinds, catalogue, ports }),
  ];
}
