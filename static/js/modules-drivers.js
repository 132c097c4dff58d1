// The hardware behind modules: for each kind of driver the members it has itself, and those it has for each channel.
//
// A new kind of driver is one more entry here, with its words.

import { t, word } from "./i18n.js";
import { keepToKind } from "./members.js";
import { freshRemote, keepToRoles, remoteSections } from "./modules-remote.js";

/** What each signal has. */
const SIGNALS = {
  constant: "value",
  ramp: "low high period_s",
  sine: "low high period_s",
  "random-walk": "low high period_s seed",
  square: "low high period_s",
  csv: "csv",
};
const has = (member) => ({ signal }) => (SIGNALS[signal] ?? "").split(" ").includes(member);
const number = (key, more) => ({ key, kind: "number", whole: false, when: has(key), ...more });
const chip = (more) => ({ key: "chip", hint: "gpio_chip", sample: "/dev/gpiochip0", ...more });

/** `fits(kind, about)`: which models; `list`: where the channels' entries stand; `fresh(about)`: a new entry. */
const DRIVERS = {
  simulated: {
    fits: () => true,
    fields: [],
    list: "signals",
    uses: ({ output }) => !output,
    fresh: ({ digital }) => (digital ? { signal: "square", period_s: 2 } : { signal: "sine" }),
    channel: () => [
      { key: "signal", kind: "select", words: "signal", options: Object.keys(SIGNALS), required: true },
      number("value", { label: "signal_value", hint: "signal_value", required: true }),
      number("low", { hint: "signal_low" }),
      number("high", { hint: "signal_high" }),
      number("period_s", { min: 0.01, max: 604800, unit: "s", hint: "signal_period", def: 10 }),
      number("seed", { whole: true, def: 1, min: 0, max: 4294967295 }),
      { key: "csv", kind: "area", rows: 6, wide: true, when: has("csv"), sample: "0,4\n1.5,20" },
    ],
  },
  gpio: {
    fits: (_, { digital }) => digital,
    fields: [chip({})],
    list: "lines",
    uses: () => true,
    fresh: () => ({}),
    channel: (_, { output }) => [
      {
        key: "line",
        required: true,
        parse: (text) => ({ value: /^\d+$/.test(text) ? Number(text) : text }),
        sample: "17",
      },
      chip({ hint: "gpio_chip_own", sample: t("module.as_the_module") }),
      { key: "active_low", kind: "check", def: false },
      { key: "bias", kind: "select", words: "bias", options: ["as-is", "disabled", "pull-up", "pull-down"], def: "as-is" },
      output
        ? { key: "drive", kind: "select", words: "drive", options: ["push-pull", "open-drain", "open-source"], def: "push-pull" }
        : { key: "debounce_ms", kind: "number", whole: false, def: 0, min: 0, max: 1000, unit: "ms" },
    ],
  },
  iio: {
    fits: (_, { digital }) => !digital,
    fields: [{ key: "root", sample: "/sys/bus/iio/devices" }],
    list: "channels",
    uses: () => true,
    fresh: () => ({}),
    channel: (kind, { output }) => [
      { key: "device", label: "iio_device", hint: "iio_device", sample: "ads1115", required: true },
      { key: output ? "output" : "input", label: "iio_place", hint: "iio_place", sample: kind === "rtd" ? "temp" : "voltage0", required: true },
      { key: "gain", kind: "number", whole: false, def: 1, hint: "iio_gain" },
      { key: "offset", kind: "number", whole: false, def: 0, hint: "iio_offset" },
      ...(kind === "tc"
        ? [
            { key: "cold_junction/device", label: "cold_junction_device", hint: "cold_junction" },
            { key: "cold_junction/input", label: "cold_junction_input", hint: "none", sample: "temp" },
          ]
        : []),
    ],
  },
  pwm: {
    fits: (kind) => kind === "do" || kind === "ao",
    fields: [{ key: "root", sample: "/sys/class/pwm" }],
    list: "outputs",
    uses: () => true,
    fresh: () => ({}),
    channel: () => [
      { key: "chip", label: "pwm_chip", hint: "pwm_chip", sample: "pwmchip0", required: true },
      { key: "line", label: "pwm_line", hint: "pwm_line", kind: "number", min: 0, max: 255, required: true },
      { key: "period_us", kind: "number", def: 1000, min: 1, max: 1000000, unit: "µs" },
      { key: "inverted", kind: "check", def: false, hint: "pwm_inverted" },
    ],
  },
  "modbus-io": {
    fits: () => true,
    fields: [],
    scan_ms: 200,
    sections: remoteSections,
    uses: () => false,
    begin: freshRemote,
    keep: keepToRoles,
  },
};

/** A driver of this kind with nothing set yet; `about`: `{ kinds, catalogue, ports }`. */
export const freshDriver = (kind, about) => DRIVERS[kind]?.begin?.(about) ?? { kind };

/** Sets right what another model leaves of a driver that knows of all channels at once. */
export const keepDriver = (driver, about) => DRIVERS[driver?.kind]?.keep?.(driver, about);

/** How often modules of this driver are looked at unless set, if that differs from the model's. */
export const usualScan = (driver) => DRIVERS[driver]?.scan_ms;

/** The sections of a module's driver; `kinds` are those of its channels. */
export function driverSections(driver, { kinds, catalogue, ports }) {
  const [kind, about] = [kinds[0], catalogue.kinds[kinds[0]]];
  const options = Object.keys(DRIVERS).filter((name) => !about || DRIVERS[name].fits(kind, about));
  const choice = { key: "driver/kind", label: "driver", kind: "select", words: "driver", options, required: true };
  const fields = (DRIVERS[driver]?.fields ?? []).map((field) => ({ ...field, key: `driver/${field.key}` }));
  const more = DRIVERS[driver]?.sections?.(kinds, catalogue, ports) ?? [];
  return [{ title: "section.driver", fields: [choice, ...fields] }, ...more];
}

/** What stands behind one channel: the list it stands in, its fields, and a new entry; nothing where there is none. */
export function channelHardware(driver, kind, about) {
  const known = DRIVERS[driver];
  if (!known?.uses(about)) return null;
  return {
    list: known.list,
    sections: [{ title: "section.channel_hardware", fields: known.channel(kind, about) }],
    fresh: (channel) => ({ channel, ...known.fresh(about) }),
    missing: word("hardware_missing", driver),
    add: word("hardware_add", driver),
  };
}

/** The list of the channels' entries of this driver. */
export const hardwareList = (driver) => DRIVERS[driver]?.list;

/** Another signal has other members. */
export const keepToSignal = (entry) => keepToKind(entry, entry?.signal, SIGNALS);

/** The ports a driver could be on. */
export const portNames = (config) => (config.read("/ports") ?? []).map(({ name }) => name);
