// The scale of an analog channel: two points or gain and offset, with what the present input would show.

import { fill, freshId, h } from "./dom.js";
import { t, word } from "./i18n.js";
import { typedNumber } from "./columns.js";
import * as pointers from "./pointer.js";

const FORMS = ["none", "points", "linear"];
const formOf = (scale) => (!scale ? "none" : scale.gain !== undefined || scale.offset !== undefined ? "linear" : "points");
const rounded = (value, digits = 6) => Number(value.toPrecision(digits));
/** Of a raw value of 16 bits no more digits mean anything. */
const RAW_DIGITS = 4;

/** Field to shown, as the appliance does it; nothing where the scale is none. */
export function applyScale(scale, x) {
  if (!scale) return x;
  if (scale.from && scale.to) {
    const [[a, b], [c, d]] = [scale.from, scale.to];
    return a === b ? undefined : c + ((x - a) * (d - c)) / (b - a);
  }
  return x * (scale.gain ?? 1) + (scale.offset ?? 0);
}

export class ScaleEditor {
  #inputs = [];
  #id = freshId("scale");

  /** `range(mode)` is the mode's range with its unit; `raw()` the channel's present 0..65535 over it. */
  constructor(container, config, pointer, { range, raw }) {
    this.container = container;
    this.config = config;
    this.channel = pointer;
    this.pointer = pointers.join(pointer, "scale");
    this.range = range;
    this.raw = raw;
    this.refresh();
  }

  get #scale() {
    return this.config.read(this.pointer);
  }

  get #range() {
    return this.range(this.config.read(pointers.join(this.channel, "mode")));
  }

  refresh() {
    if (this.container.contains(document.activeElement) && this.drawn === formOf(this.#scale)) return this.showLive();
    const range = this.#range;
    this.container.hidden = !range;
    if (!range) return;
    this.drawn = formOf(this.#scale);
    const choice = h(
      "select",
      { id: this.#id, on: { change: () => this.#become(choice.value) } },
      FORMS.map((form) => h("option", { value: form }, word("scale_form", form))),
    );
    choice.value = this.drawn;
    this.choice = choice;
    this.trouble = h("p", { class: "error", id: `${this.#id}-error`, hidden: true });
    this.live = h("p", { class: "scale-live", role: "status" });
    choice.setAttribute("aria-describedby", `${this.#id}-error`);
    this.#inputs = [];
    fill(
      this.container,
      h("h3", {}, t("section.scale")),
      h("div", { class: "field" }, h("label", { for: this.#id }, t("field.scale")), choice),
      this.drawn === "points" && this.#points(range),
      this.drawn === "linear" && this.#linear(range),
      this.live,
      this.trouble,
    );
    this.showProblems();
    this.showLive();
  }

  #points([, , unit]) {
    const shown = this.config.read(pointers.join(this.channel, "unit")) ?? "";
    return h(
      "div",
      { class: "scale-points" },
      [0, 1].map((at) => [
        this.#input(t("scale.field", { n: at + 1 }), unit, ["from", at]),
        h("span", { class: "scale-equals", "aria-hidden": "true" }, "="),
        this.#input(t("scale.shown", { n: at + 1 }), shown, ["to", at]),
      ]),
    );
  }

  #linear() {
    return h("div", { class: "scale-linear" }, this.#input(t("field.gain"), "", ["gain"]), this.#input(t("field.offset"), "", ["offset"]));
  }

  #input(label, unit, path) {
    const id = freshId("scale");
    const pointer = pointers.join(this.pointer, ...path);
    const input = h("input", {
      id,
      type: "text",
      inputmode: "decimal",
      class: "number",
      autocomplete: "off",
      "aria-describedby": `${this.#id}-error`,
      ".value": this.config.read(pointer) ?? "",
      on: { input: () => this.#take(input, pointer) },
    });
    this.#inputs.push({ input, pointer });
    return h("div", { class: "field", dataset: { pointer } }, h("label", { for: id }, label, unit && h("span", { class: "unit" }, ` ${unit}`)), input);
  }

  #take(input, pointer) {
    const { value, mistake } = typedNumber(input.value);
    this.config.mistake(pointer, mistake ?? null);
    this.config.set(pointer, value);
    this.showLive();
  }

  /** Another form begins with what shows the same values: what is on show must not jump. */
  #become(form) {
    const [low, high] = this.#range;
    const now = this.#scale;
    for (const { pointer } of this.#inputs) this.config.mistake(pointer, null);
    const [a, b] = [applyScale(now, low) ?? low, applyScale(now, high) ?? high];
    const made = {
      none: undefined,
      points: { from: [low, high], to: [rounded(a), rounded(b)] },
      linear: { gain: rounded((b - a) / (high - low)), offset: rounded(a - (low * (b - a)) / (high - low)) },
    };
    this.config.set(this.pointer, made[form]);
    this.refresh();
    this.choice.focus();
  }

  /** `Now 12.1 mA = 50.6 %`; without a live channel the ends of the range. */
  showLive() {
    const range = this.#range;
    if (!this.live || !range) return;
    const [low, high, unit] = range;
    const shown = this.config.read(pointers.join(this.channel, "unit")) ?? (this.#scale ? "" : unit);
    const said = (x, digits) => {
      const y = applyScale(this.#scale, x);
      return Number.isFinite(y) ? `${rounded(x, digits)} ${unit} = ${rounded(y, digits)} ${shown}`.trim() : "–";
    };
    const raw = this.raw();
    const ends = `${said(low)}; ${said(high)}`;
    const text = typeof raw === "number" ? `${t("scale.now", { what: said(low + (raw / 65535) * (high - low), RAW_DIGITS) })} (${ends})` : ends;
    if (this.live.textContent !== text) this.live.textContent = text;
  }

  showProblems() {
    if (!this.trouble) return;
    const found = this.config.problemsAt(this.pointer);
    this.trouble.hidden = found.length === 0;
    this.trouble.textContent = found.map(({ detail }) => detail).join("; ");
    for (const { input, pointer } of [...this.#inputs, { input: this.choice, pointer: this.pointer }]) {
      const wrong = found.some((one) => one.pointer === pointer || (one.pointer === this.pointer && input !== this.choice));
      if (wrong) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }

  focus(pointer) {
    if (pointer !== this.pointer && !pointer.startsWith(`${this.pointer}/`)) return false;
    const { input } = this.#inputs.find((one) => one.pointer === pointer) ?? { input: this.choice };
    input?.focus();
    input?.scrollIntoView({ block: "center" });
    return Boolean(input);
  }
}
