// The chosen module below the rack: how it is, all its channels, its settings; beside them the chosen channel.

import { freshName } from "./collection.js";
import { fill, h, healthMark, mark, setText } from "./dom.js";
import { Form } from "./form.js";
import { count, decimal, maybe, t, word } from "./i18n.js";
import { channelHardware, hardwareList, portNames } from "./modules-drivers.js";
import { channelSections, moduleSections } from "./modules-fields.js";
import { ChannelPanel } from "./modules-panel.js";
import { channelWords, faceText, lamp } from "./modules-rack.js";
import { ScaleEditor } from "./modules-scale.js";
import * as pointers from "./pointer.js";
import { reasonText } from "./shell.js";
import { qualityText } from "./tag-value.js";

const ms = (us) => (us === undefined || us === null ? "–" : decimal(us / 1000));

/** Channels are named after their kind and place: `DI-03`. */
export const channelName = (kind, number) => `${kind.toUpperCase()}-${String(number).padStart(2, "0")}`;

export class ModuleDetail {
  #parts = [];
  #panel = null;
  #rows = new Map();

  /** `o`: `{ catalogue, config, running, watch, role, choose, remove, duplicate, unit }`. */
  constructor(container, o) {
    this.container = container;
    this.o = o;
    o.watch.addEventListener("values", ({ detail }) => {
      for (const name of detail.names) this.#rows.get(name)?.();
      for (const part of this.#parts) part.showLive?.();
    });
  }

  get pointer() {
    return `/modules/${this.chosen.module}`;
  }

  get #module() {
    return this.o.config.read(this.pointer);
  }

  #channelIndex(number) {
    return (this.#module?.channels ?? []).findIndex(({ channel }) => Number(channel) === number);
  }

  /** Builds everything for a choice; null where nothing is chosen. */
  show(chosen) {
    this.chosen = chosen;
    this.#parts = [];
    this.#rows.clear();
    this.#panel?.close();
    this.#panel = null;
    const module = this.#module;
    if (!module) return fill(this.container);
    this.title = h("h2", { tabindex: "-1" }, module.name || t("editor.unnamed"));
    this.state = h("div", { class: "module-state" });
    const panel = h("section", { class: "panel channel-panel", hidden: true });
    const table = h("section", { class: "panel module-channels" });
    this.table = table;
    const settings = this.o.role === "admin" && h("section", { class: "panel module-settings" });
    fill(
      this.container,
      h(
        "div",
        { class: "detail-head" },
        this.title,
        this.o.role === "admin" &&
          h(
            "div",
            { class: "detail-actions" },
            h("button", { type: "button", on: { click: () => this.o.duplicate(chosen.module) } }, t("editor.duplicate")),
            h("button", { type: "button", class: "danger", on: { click: () => this.o.remove(chosen.module) } }, t("editor.delete")),
          ),
      ),
      this.state,
      h("div", { class: "module-columns" }, h("div", { class: "module-left" }, table, settings), panel),
    );
    this.showTable();
    if (settings) this.#settings(settings, module);
    if (chosen.channel !== undefined) this.#channel(panel, module, chosen.channel);
    this.showState();
  }

  /** How the running module is. */
  showState() {
    const module = this.#module;
    if (!module || !this.state) return;
    const unit = this.o.unit(this.o.running.module(module));
    if (!unit) {
      const why = module.enabled === false ? "module.switched_off" : this.o.running.module(module) ? "module.not_yet" : "module.not_applied";
      fill(this.state, h("p", { class: "hint" }, mark("idle"), " ", t(why)));
      return;
    }
    const d = unit.detail ?? {};
    const figure = (label, value) => h("div", { class: "figure" }, h("dt", {}, t(label)), h("dd", {}, value));
    fill(
      this.state,
      h(
        "p",
        { class: `health health-${unit.health}` },
        healthMark(unit.health),
        h("b", {}, word("health", unit.health)),
        unit.reason && h("span", { class: "reason" }, reasonText(unit.reason)),
      ),
      d.last_error && d.last_error !== unit.reason && h("p", { class: "error" }, d.last_error),
      d.scan_ms !== undefined &&
        h(
          "dl",
          { class: "figures" },
          figure("module.driver_state", word("driver_state", d.state)),
          figure("field.scan_ms", `${count(d.scan_ms)} ms`),
          figure("module.scans", count(d.scans)),
          figure("module.overruns", count(d.overruns)),
          figure("module.jitter", [d.jitter?.p50_us, d.jitter?.p99_us, d.jitter?.max_us].map(ms).join(" / ")),
          figure("module.lost_events", count(d.lost_events)),
          figure("module.forced_count", count(d.forced)),
        ),
    );
  }

  /** All channels of the model, used or not, and those it does not have. */
  showTable() {
    const module = this.#module;
    if (!module || !this.table) return;
    const place = this.table;
    // Drawing anew would take the focus away from a button someone stands on.
    const focused = place.contains(document.activeElement) ? { ...document.activeElement.dataset } : null;
    this.#rows.clear();
    const kinds = this.o.catalogue.models[module.model]?.channels ?? [];
    const admin = this.o.role === "admin";
    const head = (key, more) => h("th", { scope: "col", class: more }, t(key));
    fill(
      place,
      h("h3", {}, t("module.channels")),
      kinds.length === 0
        ? h("p", { class: "empty" }, t("module.no_model"))
        : h(
            "div",
            { class: "table-scroll" },
            h(
              "table",
              { class: "compact channel-table" },
              h(
                "thead",
                {},
                h("tr", {}, head("module.col_channel"), head("module.col_mode"), head("tags.value", "number"), head("tags.quality"), h("th", {})),
              ),
              h(
                "tbody",
                {},
                kinds.map((kind, number) => this.#row(module, kind, number, admin)),
                (module.channels ?? []).map((channel, index) => !kinds[channel.channel] && this.#beyond(channel, index)),
              ),
            ),
          ),
    );
    for (const [name, value] of Object.entries(focused ?? {})) place.querySelector(`[data-${name}="${CSS.escape(value)}"]`)?.focus();
  }

  /** A channel the model does not have, after another model was chosen. */
  #beyond(channel, index) {
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, mark("bad"), ` ${channel.name ?? ""}`, h("span", { class: "kind" }, channel.channel)),
      h("td", { colspan: "3", class: "error" }, t("module.beyond")),
      h("td", {}, h("button", { type: "button", class: "small", dataset: { beyond: index }, on: { click: () => this.#unuse(index) } }, t("editor.delete"))),
    );
  }

  #row(module, kind, number, admin) {
    const index = this.#channelIndex(number);
    const channel = module.channels?.[index];
    const about = this.o.catalogue.kinds[kind];
    if (!channel) {
      return h(
        "tr",
        { class: "row-unused" },
        h("th", { scope: "row" }, h("i", { class: "lamp lamp-unused" }), ` ${channelName(kind, number)}`),
        h("td", { colspan: "3" }, t("module.not_used")),
        h("td", {}, admin && h("button", { type: "button", class: "small", dataset: { use: number }, "aria-label": t("module.use_of", { name: channelName(kind, number) }), on: { click: () => this.#use(kind, number) } }, t("module.use"))),
      );
    }
    const name = this.o.running.tag(module, channel);
    const [sign, mode, value, quality] = [h("span", { class: "row-sign" }), h("td", {}), h("td", { class: "number" }), h("td", { class: "row-quality" })];
    const wrong = this.o.config.problemsAt(pointers.join(this.pointer, "channels", index)).length > 0;
    const open = h(
      "button",
      { type: "button", class: "link", "aria-current": number === this.chosen.channel ? "true" : false, dataset: { channel: number }, on: { click: () => this.o.choose(this.chosen.module, number) } },
      channel.name || t("editor.unnamed"),
    );
    let before;
    const paint = () => {
      const tag = name ? this.o.watch.known.get(name) : undefined;
      const now = channelWords("", tag, kind) + JSON.stringify(tag?.channel);
      if (now === before) return;
      before = now;
      fill(sign, lamp(tag, about));
      const set = channel.mode ?? Object.keys(about.modes)[0];
      setText(mode, maybe("channel_mode", set) ?? set);
      setText(value, faceText(tag, kind));
      fill(
        quality,
        channel.enabled === false ? t("module.channel_off") : tag ? qualityText(tag) : t("module.not_running"),
        tag?.channel?.forced && h("span", { class: "flag flag-forced" }, t("module.forced")),
        tag?.channel?.safe_mode && h("span", { class: "flag flag-safe" }, t("module.safe_mode")),
      );
    };
    paint();
    if (name) this.#rows.set(name, paint);
    return h(
      "tr",
      { class: number === this.chosen.channel ? "row-chosen" : false },
      h("th", { scope: "row" }, sign, " ", open, h("span", { class: "kind" }, `${kind.toUpperCase()} ${number}`), wrong && h("span", { class: "error" }, " ", mark("bad"), " ", t("editor.has_problems"))),
      mode,
      value,
      quality,
      h("td", {}),
    );
  }

  /** Takes a channel of the model into use. */
  #use(kind, number) {
    const module = this.#module;
    const channels = module.channels ?? [];
    const name = freshName(channelName(kind, number), channels.map((one) => one.name));
    const next = [...channels, { channel: number, name }].sort((a, b) => a.channel - b.channel);
    this.o.config.set(pointers.join(this.pointer, "channels"), next);
    this.o.choose(this.chosen.module, number);
  }

  #settings(place, module) {
    const form = h("div", {});
    fill(place, h("h3", {}, t("module.settings")), form);
    this.#parts.push(new Form(form, this.o.config, this.pointer, moduleSections(this.o.catalogue, module, portNames(this.o.config))));
  }

  #channel(panel, module, number) {
    const kind = this.o.catalogue.models[module.model]?.channels[number];
    if (!kind) return;
    const index = this.#channelIndex(number);
    const channel = module.channels?.[index];
    panel.hidden = false;
    const close = h("button", { type: "button", class: "quiet icon", "aria-label": t("action.close"), on: { click: () => this.o.choose(this.chosen.module) } }, "×");
    this.channelTitle = h("h3", { tabindex: "-1" }, channel ? channel.name || t("editor.unnamed") : channelName(kind, number));
    const head = h("div", { class: "drawer-head" }, h("div", {}, this.channelTitle, h("p", { class: "hint" }, word("channel_kind", kind), ` · ${number}`)), close);
    if (!channel) {
      fill(
        panel,
        head,
        h("p", { class: "empty" }, t("module.not_used")),
        this.o.role === "admin" && h("button", { type: "button", class: "primary", on: { click: () => this.#use(kind, number) } }, t("module.use")),
      );
      return;
    }
    const name = this.o.running.tag(module, channel);
    const now = h("div", { class: "panel-live" });
    fill(panel, head, now);
    if (name) {
      const about = this.o.catalogue.kinds[kind];
      const { watch } = this.o;
      this.#panel = new ChannelPanel(now, { name, kind, about, watch, operator: this.o.role !== "viewer" });
    } else fill(now, h("p", { class: "hint" }, t("module.not_applied")));
    if (this.o.role === "admin") this.#channelSettings(panel, module, kind, index, name);
  }

  #channelSettings(panel, module, kind, index, name) {
    const { catalogue, config, watch } = this.o;
    const pointer = pointers.join(this.pointer, "channels", index);
    const kinds = catalogue.models[module.model].channels;
    const taken = new Set(module.channels.map(({ channel }) => Number(channel)));
    const free = kinds.map((_, number) => number).filter((number) => kinds[number] === kind && (number === this.chosen.channel || !taken.has(number)));
    const { modes } = catalogue.kinds[kind];
    const [form, scale, hardware] = [h("div", {}), h("div", { class: "scale form-section" }), h("div", { class: "form-section" })];
    panel.append(
      h("h4", { class: "panel-settings" }, t("module.channel_settings")),
      form,
      kind === "ai" || kind === "ao" ? scale : "",
      hardware,
      h("div", { class: "item-actions" }, h("button", { type: "button", class: "danger", on: { click: () => this.#unuse(index) } }, t("module.unuse"))),
    );
    this.#parts.push(new Form(form, config, pointer, channelSections(catalogue, kind, free)));
    this.#hardware(hardware, module.driver?.kind, kind, catalogue.kinds[kind]);
    if (kind !== "ai" && kind !== "ao") return;
    this.#parts.push(
      new ScaleEditor(scale, config, pointer, {
        range: (mode) => modes[mode ?? Object.keys(modes)[0]],
        raw: () => (name ? watch.known.get(name)?.channel?.raw : undefined),
      }),
    );
  }

  /** What stands behind the channel: its own entry at the driver. */
  #hardware(place, driver, kind, about) {
    const known = channelHardware(driver, kind, about);
    place.hidden = !known;
    if (!known) return;
    const { config } = this.o;
    const list = pointers.join(this.pointer, "driver", known.list);
    const entries = config.read(list) ?? [];
    const at = entries.findIndex(({ channel }) => Number(channel) === this.chosen.channel);
    const again = (next) => {
      config.set(list, next.length ? next : undefined);
      this.o.choose(this.chosen.module, this.chosen.channel);
    };
    if (at < 0) {
      const add = () => again([...entries, known.fresh(this.chosen.channel)]);
      fill(
        place,
        h("h3", {}, t("section.channel_hardware")),
        h("p", { class: "hint" }, known.missing),
        h("button", { type: "button", dataset: { hardware: "add" }, on: { click: add } }, known.add),
      );
      return;
    }
    const form = h("div", {});
    const remove = () => again(entries.filter((_, other) => other !== at));
    fill(place, form, h("div", { class: "item-actions" }, h("button", { type: "button", on: { click: remove } }, t("module.hardware_remove"))));
    this.#parts.push(new Form(form, config, pointers.join(list, at), known.sections));
  }

  #unuse(index) {
    const { channel: number } = this.#module.channels[index];
    const list = hardwareList(this.#module.driver?.kind);
    const entries = list && this.#module.driver[list];
    if (Array.isArray(entries)) {
      const left = entries.filter(({ channel }) => channel !== number);
      this.o.config.set(pointers.join(this.pointer, "driver", list), left.length ? left : undefined);
    }
    const left = this.#module.channels.filter((_, other) => other !== index);
    this.o.config.set(pointers.join(this.pointer, "channels"), left.length ? left : undefined);
    this.o.choose(this.chosen.module);
  }

  /** After an edit: names and what depends on a mode. */
  refresh() {
    const module = this.#module;
    if (!module || !this.title) return;
    setText(this.title, module.name || t("editor.unnamed"));
    const channel = module.channels?.[this.#channelIndex(this.chosen.channel)];
    if (channel && this.channelTitle) setText(this.channelTitle, channel.name || t("editor.unnamed"));
    for (const part of this.#parts) if (part instanceof ScaleEditor) part.refresh();
  }

  showProblems() {
    for (const part of this.#parts) part.showProblems();
  }

  focus(pointer) {
    return this.#parts.some((part) => part.focus(pointer));
  }

  /** Where the reader is led after a choice. */
  lead() {
    const to = this.chosen.channel === undefined ? this.title : this.channelTitle;
    to?.focus({ preventScroll: true });
    to?.scrollIntoView({ block: "nearest" });
  }
}
