// Everything known of one tag, beside the table.

import { get, tagPath } from "./api.js";
import { fill, h, throttle } from "./dom.js";
import { t, time, word } from "./i18n.js";
import { complain, notice } from "./dialog.js";
import { attributeText } from "./tag-attributes.js";
import { qualityMark, qualityText, typedValue, valueText } from "./tag-value.js";
import { valueInput, writeTag } from "./tag-write.js";

const ORDER = [
  "value",
  "unit",
  "quality",
  "timestamp",
  "age_ms",
  "raw",
  "min",
  "max",
  "type",
  "description",
  "device_status",
  "exception",
];
// Said elsewhere in the panel, or commands.
const SKIP = ["name", "reason", "writable"];
const COMMANDS = ["reset_min", "reset_max", "clear_overflow", "reset_current_count"];

export class TagDetail {
  name = null;
  #body = h("dl", { class: "attributes" });
  #asked = 0;
  #later = throttle(() => this.#load(), 250);

  constructor(container, watch, { operator, closed }) {
    this.container = container;
    this.watch = watch;
    this.operator = operator;
    this.closed = closed;
    watch.addEventListener("values", ({ detail }) => {
      if (this.name && detail.changed && detail.tags.some(({ name }) => name === this.name)) this.#later();
    });
    container.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  async show(name) {
    this.name = name;
    this.container.hidden = false;
    const slash = name.indexOf("/");
    this.tools = h("div", { class: "detail-tools" });
    fill(
      this.container,
      h(
        "div",
        { class: "drawer-head" },
        h("h2", { tabindex: "-1" }, h("span", { class: "tag-group" }, name.slice(0, slash + 1)), name.slice(slash + 1)),
        h(
          "button",
          { type: "button", class: "quiet icon", "aria-label": t("action.close"), on: { click: () => this.close() } },
          "×",
        ),
      ),
      this.tools,
      this.#body,
    );
    fill(this.#body);
    await this.#load();
  }

  close() {
    this.name = null;
    this.container.hidden = true;
    this.closed();
  }

  async #load() {
    const { name } = this;
    if (!name) return;
    const asked = ++this.#asked;
    let tag;
    try {
      tag = await get(tagPath(name));
    } catch (error) {
      fill(this.#body, h("p", { class: "error" }, error.message));
      return;
    }
    if (asked !== this.#asked || name !== this.name) return;
    tag = { ...tag, ...tag.attributes };
    delete tag.attributes;
    this.#show(tag);
    // Built once: what is being typed must outlast the next value.
    if (!this.tools.hasChildNodes()) this.#buildTools(tag);
  }

  #show(tag) {
    const names = [
      ...ORDER.filter((name) => name in tag),
      ...Object.keys(tag).filter((name) => ![...ORDER, ...SKIP, ...COMMANDS].includes(name)),
    ];
    fill(
      this.#body,
      names.map((name) =>
        h(
          "div",
          { class: `attribute attribute-${name}` },
          h("dt", {}, word("attribute", name)),
          h("dd", {}, this.#value(name, tag)),
        ),
      ),
    );
  }

  #value(name, tag) {
    const value = tag[name];
    switch (name) {
      case "quality":
        return [qualityMark(tag.quality), " ", qualityText(tag)];
      case "timestamp":
        return time(value, { millis: true, always: true });
      case "value":
        return h(
          "strong",
          { class: "readout" },
          valueText(value),
          tag.unit && h("span", { class: "unit" }, ` ${tag.unit}`),
        );
      case "raw":
        return Array.isArray(value)
          ? h(
              "code",
              {},
              value.map((raw) => `${raw} (0x${raw.toString(16).toUpperCase().padStart(4, "0")})`).join("  "),
            )
          : valueText(value);
      default:
        return attributeText(name, tag);
    }
  }

  #buildTools(tag) {
    if (!this.operator) return;
    const command = (attribute) =>
      h(
        "button",
        {
          type: "button",
          on: {
            click: async () => {
              try {
                await writeTag(this.name, 1, attribute);
                notice(t("tags.reset_done", { what: word("attribute", attribute) }));
                await this.#load();
              } catch (error) {
                complain(error);
              }
            },
          },
        },
        word("attribute", attribute),
      );
    const parts = COMMANDS.filter((attribute) => attribute in tag).map(command);
    // Counts, pulses and forcing of a channel have their controls on the rack.
    if ("mode" in tag) parts.push(h("a", { href: `/modules#${this.name.split("/").map(encodeURIComponent).join("/")}` }, t("tags.to_channel")));
    if (tag.writable ?? this.watch.known.get(this.name)?.writable) parts.unshift(this.#writeForm(tag));
    fill(this.tools, parts);
  }

  #writeForm(tag) {
    const input = valueInput(tag);
    const answer = h("p", { role: "status", class: "write-answer" });
    return h(
      "form",
      {
        class: "detail-write",
        on: {
          submit: async (event) => {
            event.preventDefault();
            answer.className = "write-answer";
            fill(answer, t("tags.writing"));
            try {
              const result = await writeTag(this.name, typedValue(tag.type, input.value));
              answer.classList.add("good");
              fill(answer, t("tags.written", { value: valueText(result?.value ?? result) }));
            } catch (error) {
              answer.classList.add("error");
              fill(answer, error.message);
            }
          },
        },
      },
      h("div", { class: "write-line" }, input, h("button", { type: "submit", class: "primary" }, t("tags.send"))),
      answer,
    );
  }
}
