// One channel, live: every attribute, controls for what can be written, and holding it by hand.

import { get, request } from "./api.js";
import { confirm } from "./dialog.js";
import { fill, freshId, h, setText, throttle } from "./dom.js";
import { t, time, word } from "./i18n.js";
import { lamp } from "./modules-rack.js";
import { qualityMark, qualityText, typedValue, valueText } from "./tag-value.js";
import { attributeText } from "./tag-attributes.js";
import { writeTag } from "./tag-write.js";

const LOOK_MS = 500;
// Said in the head of the panel, or commands.
const SKIP = ["name", "value", "quality", "reason", "unit", "type", "description", "writable", "forced", "safe_mode"];
const isCommand = (attribute) => /^(reset|clear)_/.test(attribute);
/** Lengths of pulses are written in steps; people think in milliseconds. */
const STEP_MS = 0.5;

/** Numbers as people read them; the whole of their digits is in the tag table. */
const neat = (value) => (typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(7)) : value);

/** What there is to write depends on the mode: the rest would be refused. */
const pulse = (mode) => mode === "pulse";
const counter = (mode) => mode === "counter";
const drives = (mode) => mode !== "pulse" && mode !== "disabled";
const FITS = {
  value: drives,
  raw: drives,
  pulsing: pulse,
  pulse_count: pulse,
  pulse_on: pulse,
  pulse_off: pulse,
  counting: counter,
  count: counter,
  clear_overflow: counter,
};

export class ChannelPanel {
  #look = throttle(() => this.#load(), LOOK_MS);
  #round = 0;
  #live = [];

  /** `name` is the running tag; `about` its kind: `{ digital, output, writes }`. */
  constructor(container, { name, kind, about, watch, operator }) {
    Object.assign(this, { container, name, kind, about, watch, operator });
    this.lamp = h("span", { class: "panel-lamp" });
    this.readout = h("strong", { class: "readout" });
    this.quality = h("p", { class: "panel-quality" });
    this.flags = h("ul", { class: "flags" });
    this.attributes = h("dl", { class: "attributes" });
    this.answer = h("p", { class: "write-answer", role: "status" });
    fill(
      container,
      h("div", { class: "panel-now" }, this.lamp, this.readout),
      this.quality,
      this.flags,
      operator && h("div", { class: "controls", role: "group", "aria-label": t("module.controls") }, this.#controls(), this.answer),
      operator && this.#force(),
      h("h4", {}, t("module.attributes")),
      this.attributes,
    );
    this.#paint();
    this.#look();
    this.listener = ({ detail }) => {
      if (!this.container.isConnected) return this.close();
      if (!detail.names.has(this.name)) return;
      this.#paint();
      this.#look();
    };
    watch.addEventListener("values", this.listener);
    // Ages grow and `min` and `max` are reset without a change of the value.
    this.timer = setInterval(() => !document.hidden && this.container.isConnected && this.#look(), 2000);
  }

  close() {
    clearInterval(this.timer);
    this.watch.removeEventListener("values", this.listener);
  }

  get #tag() {
    return this.watch.known.get(this.name);
  }

  #paint() {
    const tag = this.#tag;
    const key = tag && JSON.stringify([tag.value, tag.quality, tag.reason, tag.channel]);
    if (this.painted === key) return;
    this.painted = key;
    fill(this.lamp, lamp(tag, this.about));
    fill(this.readout, valueText(neat(tag?.value)), tag?.unit && h("span", { class: "unit" }, ` ${tag.unit}`));
    fill(this.quality, qualityMark(tag?.quality), " ", tag ? qualityText(tag) : t("module.not_running"));
    const { forced, safe_mode: safe } = tag?.channel ?? {};
    fill(
      this.flags,
      forced && h("li", { class: "flag flag-forced" }, t("module.forced_long")),
      safe && h("li", { class: "flag flag-safe" }, t("module.safe_long")),
    );
    this.container.classList.toggle("is-forced", Boolean(forced));
    for (const live of this.#live) live(tag ?? {});
  }

  async #load() {
    const round = ++this.#round;
    // Asked for in a list: a channel that is gone, or not there yet, is no error.
    const answer = await get("/tags", { match: this.name, fields: "*", limit: 1 }).catch(() => null);
    const tag = answer?.tags[0];
    if (!tag || round !== this.#round) return;
    const shown = Object.keys(tag).filter((name) => !SKIP.includes(name) && !isCommand(name));
    if (this.shown !== shown.join()) {
      this.shown = shown.join();
      this.rows = new Map(shown.map((name) => [name, h("dd", {})]));
      fill(
        this.attributes,
        shown.map((name) => h("div", { class: "attribute" }, h("dt", {}, word("attribute", name)), this.rows.get(name))),
      );
    }
    for (const [name, cell] of this.rows) {
      setText(cell, name === "timestamp" ? time(tag[name], { millis: true, always: true }) : attributeText(name, { ...tag, [name]: neat(tag[name]) }));
    }
  }

  /** Says what came of an action beside it. */
  async #act(action, done) {
    this.answer.className = "write-answer";
    setText(this.answer, t("tags.writing"));
    try {
      const result = await action();
      this.answer.classList.add("good");
      setText(this.answer, done(result));
    } catch (error) {
      this.answer.classList.add("error");
      setText(this.answer, error.message);
    }
    this.#look();
  }

  #write(attribute, value) {
    return this.#act(
      () => writeTag(this.name, value, attribute),
      (result) => t("tags.written", { value: isCommand(attribute) ? word("attribute", attribute) : valueText(result?.value ?? result) }),
    );
  }

  #controls() {
    const can = new Set([...this.about.writes, ...(this.about.digital ? [] : ["reset_min", "reset_max"])]);
    const parts = [];
    if (can.has("value")) parts.push(this.about.digital ? this.#switch("value", ["word.on", "word.off"]) : this.#number("value"));
    if (can.has("pulsing")) parts.push(this.#switch("pulsing", ["module.start", "module.stop"]));
    if (can.has("counting")) parts.push(this.#switch("counting", ["module.run", "module.pause"]));
    for (const attribute of ["count", "pulse_count", "pulse_on", "pulse_off", "raw"]) {
      if (can.has(attribute)) parts.push(this.#number(attribute));
    }
    const commands = ["clear_overflow", "reset_current_count", "reset_min", "reset_max"].filter((one) => can.has(one));
    if (commands.length) {
      parts.push(
        h(
          "div",
          { class: "control control-commands" },
          commands.map((attribute) =>
            this.#fitting(
              attribute,
              h(
                "button",
                { type: "button", dataset: { write: attribute }, on: { click: () => this.#write(attribute, 1) } },
                word("attribute", attribute),
              ),
            ),
          ),
        ),
      );
    }
    return parts;
  }

  /** Two buttons, the present state pressed. */
  #switch(attribute, labels) {
    const buttons = [true, false].map((value, at) =>
      h(
        "button",
        {
          type: "button",
          "aria-pressed": "false",
          dataset: { write: `${attribute}-${value ? 1 : 0}` },
          on: { click: () => this.#write(attribute, value) },
        },
        t(labels[at]),
      ),
    );
    this.#live.push((tag) => {
      const now = attribute === "value" ? tag.value : tag.channel?.[attribute];
      buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(now === (at === 0))));
    });
    return this.#fitting(
      attribute,
      h(
        "div",
        { class: "control", role: "group", "aria-label": word("attribute", attribute) },
        h("span", { class: "control-label" }, word("attribute", attribute)),
        h("div", { class: "switch" }, buttons),
      ),
    );
  }

  /** Shows a control while the channel's mode has it. */
  #fitting(attribute, control) {
    const fits = FITS[attribute];
    if (fits) this.#live.push(({ channel }) => (control.hidden = !fits(channel?.mode)));
    return control;
  }

  #number(attribute) {
    const id = freshId("control");
    const steps = attribute === "pulse_on" || attribute === "pulse_off";
    const input = h("input", { id, type: "text", inputmode: "decimal", class: "number", autocomplete: "off" });
    const unit = h("span", { class: "unit" }, steps ? "ms" : "");
    let typed = false;
    for (const event of ["input", "change"]) input.addEventListener(event, () => (typed = true));
    const shown = (tag) => {
      const now = attribute === "value" ? tag.value : tag.channel?.[attribute];
      return typeof now === "number" && steps ? now * STEP_MS : now;
    };
    this.#live.push((tag) => {
      if (attribute === "value") setText(unit, tag.unit ?? "");
      // What somebody types outlasts the next value.
      if (!typed && document.activeElement !== input) input.value = shown(tag) ?? "";
    });
    const submit = async (event) => {
      event.preventDefault();
      typed = false;
      const value = typedValue("number", input.value);
      await this.#write(attribute, steps && typeof value === "number" ? value / STEP_MS : value);
    };
    return this.#fitting(
      attribute,
      h(
        "form",
        { class: "control", dataset: { write: attribute }, on: { submit } },
        h("label", { for: id, class: "control-label" }, word("attribute", attribute)),
        h("div", { class: "write-line" }, input, unit, h("button", { type: "submit" }, t("tags.send"))),
      ),
    );
  }

  /** Holding a channel by hand, apart from everything else and marked so. */
  #force() {
    const id = freshId("force");
    const input = this.about.digital
      ? h("select", { id }, h("option", { value: "1" }, t("word.on")), h("option", { value: "0" }, t("word.off")))
      : h("input", { id, type: "text", inputmode: "decimal", class: "number", autocomplete: "off" });
    const end = h("button", { type: "button", class: "force-end", on: { click: () => this.#endForce() } }, t("module.end"));
    const submit = async (event) => {
      event.preventDefault();
      const value = this.about.digital ? input.value === "1" : typedValue("number", input.value);
      await this.#hold(value);
    };
    this.#live.push((tag) => (end.hidden = !tag.channel?.forced));
    end.hidden = true;
    const heading = freshId("force");
    return h(
      "section",
      { class: "force", "aria-labelledby": heading },
      h("h4", { id: heading }, t("module.force_title")),
      h("p", { class: "hint" }, t(this.about.output ? "module.force_output_hint" : "module.force_input_hint")),
      h(
        "form",
        { class: "force-form", on: { submit } },
        h("label", { for: id, class: "control-label" }, t("module.force_value")),
        h("div", { class: "write-line" }, input, h("button", { type: "submit", class: "danger" }, t("module.force")), end),
      ),
    );
  }

  get #path() {
    const [module, channel] = this.name.split("/").map(encodeURIComponent);
    return `/modules/${module}/channels/${channel}/force`;
  }

  async #hold(value) {
    const said = { name: this.name, value: valueText(value) };
    const sure =
      !this.about.output || (await confirm(t("module.force_sure", said), t("module.force_sure_text"), t("module.force")));
    if (!sure) return;
    await this.#act(
      () => request("PUT", this.#path, { body: { value } }),
      () => t("module.forced_to", said),
    );
  }

  async #endForce() {
    await this.#act(
      () => request("DELETE", this.#path),
      () => t("module.ended", { name: this.name }),
    );
  }
}
