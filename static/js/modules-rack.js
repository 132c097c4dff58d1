// The rack as a picture: slots, modules, and of each channel a lamp or a value. Shapes tell what colours tell.

import { fill, h, mark } from "./dom.js";
import { t, word } from "./i18n.js";
import { condition } from "./modules-live.js";
import { qualityText, valueText } from "./tag-value.js";

const pad = (number) => String(number).padStart(2, "0");
const rounded = (value) => (typeof value === "number" ? Number(value.toPrecision(5)) : value);

/** The value as a module's face has room for it. */
export function faceText(tag, kind) {
  if (!tag || tag.value === null || tag.value === undefined) return "–";
  if (kind === "di" && tag.channel?.mode === "counter") return String(tag.channel.count ?? "–");
  if (typeof tag.value === "boolean") return valueText(tag.value);
  return `${rounded(tag.value)}${tag.unit ? ` ${tag.unit}` : ""}`;
}

/** One channel in words, for those who do not see the lamp. */
export function channelWords(name, tag, kind) {
  const parts = [name];
  if (tag) {
    parts.push(faceText(tag, kind), qualityText(tag));
    if (tag.channel?.forced) parts.push(t("module.forced"));
    if (tag.channel?.safe_mode) parts.push(t("module.safe_mode"));
  } else parts.push(t("module.not_running"));
  return parts.filter(Boolean).join(", ");
}

/** The lamp of a channel: filled = on, ring = off, a sign where something is to be known. */
export function lamp(tag, kind) {
  const is = condition(tag);
  const sign = { bad: "bad", uncertain: "uncertain" }[is];
  if (sign) return h("i", { class: `lamp lamp-${is}` }, mark(sign));
  if (is === "forced") return h("i", { class: `lamp lamp-forced${tag.value === true ? " lit" : ""}` }, t("module.forced_sign"));
  if (is === "safe") return h("i", { class: "lamp lamp-safe" }, t("module.safe_sign"));
  if (is === "off" || is === "unknown") return h("i", { class: "lamp lamp-none" }, mark("idle"));
  const on = kind.digital ? tag.value === true : true;
  return h("i", { class: `lamp ${on ? "lamp-on" : "lamp-off"}` });
}

export class Rack {
  #cells = new Map();

  /** `choose(slot, channel)` is called with what was clicked; `may` says whether modules can be added. */
  constructor(container, { catalogue, running, watch, choose, add, may, health }) {
    this.container = container;
    Object.assign(this, { catalogue, running, watch, choose, add, may, health });
    watch.addEventListener("values", ({ detail }) => this.#values(detail.names));
    container.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Draws every slot as far as one is used, and one more to put a module into. */
  draw(modules, chosen) {
    const focused = this.container.contains(document.activeElement) ? document.activeElement.dataset.at : null;
    this.#cells.clear();
    const bySlot = new Map(modules.map((module, index) => [Number(module.slot), { module, index }]));
    const outside = modules.filter(({ slot }) => !(slot >= 1 && slot <= this.catalogue.slots));
    const last = Math.max(0, ...[...bySlot.keys()].filter((slot) => slot <= this.catalogue.slots));
    const shown = Math.min(this.catalogue.slots, last + (this.may ? 1 : 0));
    const slots = Array.from({ length: shown }, (_, at) => at + 1);
    fill(
      this.container,
      slots.map((slot) => (bySlot.has(slot) ? this.#module(bySlot.get(slot), slot, chosen) : this.#empty(slot))),
      outside.map((module) => this.#module({ module, index: modules.indexOf(module) }, module.slot, chosen)),
      shown === 0 && h("li", { class: "rack-none" }, t("module.none")),
    );
    if (focused) this.container.querySelector(`[data-at="${CSS.escape(focused)}"]`)?.focus();
  }

  #empty(slot) {
    return h(
      "li",
      { class: "slot slot-empty" },
      h("span", { class: "slot-number" }, slot),
      this.may
        ? h(
            "button",
            {
              type: "button",
              class: "slot-add",
              "aria-label": t("module.add_at", { slot }),
              title: t("module.add_at", { slot }),
              dataset: { at: `slot-${slot}` },
              on: { click: () => this.add(slot) },
            },
            "+",
          )
        : h("span", { class: "visually-hidden" }, t("module.slot_empty")),
    );
  }

  #module({ module, index }, slot, chosen) {
    const { channels: kinds = [] } = this.catalogue.models[module.model] ?? {};
    const used = new Map((module.channels ?? []).map((channel) => [Number(channel.channel), channel]));
    const health = module.enabled === false ? "idle" : this.health(this.running.module(module));
    const digital = kinds.length > 0 && this.catalogue.kinds[kinds[0]].digital;
    return h(
      "li",
      { class: `slot module ${digital ? "module-digital" : "module-analog"}`, "aria-current": index === chosen.module ? "true" : false },
      h("span", { class: "slot-number" }, h("span", { class: "visually-hidden" }, t("field.slot")), slot ?? "–"),
      h(
        "button",
        {
          type: "button",
          class: "module-head",
          "aria-pressed": index === chosen.module && chosen.channel === undefined,
          dataset: { at: `${index}` },
          on: { click: () => this.choose(index) },
        },
        h("span", { class: "module-name" }, mark(health), h("b", {}, module.name || t("editor.unnamed"))),
        h("span", { class: "module-model" }, module.model ?? "–"),
      ),
      h(
        "ul",
        { class: `face${kinds.length > 8 ? " face-two" : ""}`, "aria-label": t("module.channels_of", { name: module.name ?? "" }) },
        kinds.map((kind, number) => this.#channel(module, index, number, kind, used.get(number), chosen)),
      ),
    );
  }

  #channel(module, index, number, kind, channel, chosen) {
    const pressed = index === chosen.module && number === chosen.channel;
    const button = h("button", {
      type: "button",
      class: channel ? "channel" : "channel channel-unused",
      tabindex: "-1",
      "aria-pressed": pressed,
      dataset: { at: `${index}-${number}` },
      on: { click: () => this.choose(index, number) },
    });
    const cell = { button, number, kind, channel, name: channel && this.running.tag(module, channel) };
    this.#paint(cell);
    if (cell.name) this.#cells.set(cell.name, cell);
    return h("li", {}, button);
  }

  #paint(cell) {
    const { button, number, kind, channel, name } = cell;
    const about = this.catalogue.kinds[kind];
    const tag = name ? this.watch.known.get(name) : undefined;
    const text = channel ? channelWords(channel.name ?? "", tag, kind) : t("module.unused", { n: number });
    // Only what differs is drawn: at ten changes a second a rack of 512 lamps must stay calm.
    if (cell.shown === text) return;
    cell.shown = text;
    button.setAttribute("aria-label", text);
    button.title = text;
    const short = !channel || (about.digital && tag?.channel?.mode !== "counter");
    fill(
      button,
      channel ? lamp(tag, about) : h("i", { class: "lamp lamp-unused" }),
      h("span", { class: "channel-number" }, pad(number)),
      !short && h("span", { class: "channel-value" }, faceText(tag, kind)),
    );
    button.classList.toggle("is-forced", Boolean(tag?.channel?.forced));
    button.dataset.quality = tag?.quality ?? "";
  }

  #values(names) {
    for (const name of names) {
      const cell = this.#cells.get(name);
      if (cell) this.#paint(cell);
    }
  }

  /** Left and right from module to module, up and down through the channels of one. */
  #key(event) {
    const here = document.activeElement;
    const slot = here?.closest(".slot");
    if (!slot || !this.container.contains(slot)) return;
    const buttons = [...slot.querySelectorAll("button")];
    const at = buttons.indexOf(here);
    const beside = { ArrowLeft: slot.previousElementSibling, ArrowRight: slot.nextElementSibling }[event.key];
    const to =
      { ArrowDown: buttons[at + 1], ArrowUp: buttons[at - 1], Home: buttons[0], End: buttons.at(-1) }[event.key] ??
      (beside && ([...beside.querySelectorAll("button")][at] ?? beside.querySelector("button")));
    if (!to) return;
    event.preventDefault();
    to.focus();
  }
}

/** Which channels are forced or in safe mode, told above the rack while any is. */
export class Held {
  quiet = false;

  constructor(container, { watch, end }) {
    this.container = container;
    this.watch = watch;
    this.end = end;
    watch.addEventListener("values", () => this.show());
  }

  show() {
    const all = [...this.watch.known.values()];
    const forced = all.filter(({ channel }) => channel?.forced).map(({ name }) => name);
    // Where all outputs are, the alarm above says so.
    const safe = this.quiet ? [] : all.filter(({ channel }) => channel?.safe_mode).map(({ name }) => name);
    const key = `${forced.join()}|${safe.join()}`;
    if (this.container.dataset.key === key) return;
    this.container.dataset.key = key;
    this.container.hidden = forced.length + safe.length === 0;
    fill(
      this.container,
      safe.length > 0 && line("safe", t("module.safe_banner", { n: safe.length }), safe),
      forced.length > 0 &&
        line(
          "forced",
          t("module.forced_banner", { n: forced.length }),
          forced,
          this.end && h("button", { type: "button", id: "end-forces", on: { click: () => this.end(forced) } }, t("module.end_all")),
        ),
    );
  }
}

const SHOWN = 6;
function line(kind, text, names, ...more) {
  return h(
    "div",
    { class: `held-line held-${kind}` },
    h("i", { class: `lamp lamp-${kind}`, "aria-hidden": "true" }, t(kind === "safe" ? "module.safe_sign" : "module.forced_sign")),
    h("p", {}, h("b", {}, text), " ", names.slice(0, SHOWN).join(", "), names.length > SHOWN && " …"),
    more,
  );
}
