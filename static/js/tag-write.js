// Writing a point from its row: a typed input in place, the field's answer or the reason against it beside it.

import { request, tagPath } from "./api.js";
import { fill, h } from "./dom.js";
import { t } from "./i18n.js";
import { typedValue, valueText } from "./tag-value.js";

/** Sends a value; answers the tag as read back. */
export const writeTag = (name, value, attribute) =>
  request("PUT", attribute ? tagPath(name, attribute) : tagPath(name), { body: { value } }).then(({ data }) => data);

/** The input for a tag's type, holding its present value. */
export function valueInput(tag) {
  if (tag.type === "bool" || typeof tag.value === "boolean") {
    const select = h(
      "select",
      { "aria-label": t("tags.new_value") },
      h("option", { value: "1" }, t("word.on")),
      h("option", { value: "0" }, t("word.off")),
    );
    select.value = tag.value ? "1" : "0";
    return select;
  }
  const text = tag.type === "string";
  return h("input", {
    type: "text",
    inputmode: text ? "text" : "decimal",
    class: text ? "" : "number",
    autocomplete: "off",
    "aria-label": t("tags.new_value"),
    ".value": tag.value ?? "",
  });
}

export class TagWrite {
  #box = null;

  constructor(watch) {
    this.watch = watch;
  }

  close() {
    if (this.#box?.dataset.busy) return;
    this.#box?.remove();
    this.#box = null;
  }

  open(name, row) {
    this.close();
    const tag = { ...this.watch.known.get(name) };
    const input = valueInput(tag);
    const answer = h("p", { role: "status", class: "write-answer" });
    const send = h("button", { type: "submit", class: "primary" }, t("tags.send"));
    const box = h(
      "form",
      {
        class: "write-box",
        "aria-label": t("tags.write_to", { name }),
        on: {
          submit: (event) => {
            event.preventDefault();
            submit();
          },
          keydown: (event) => {
            event.stopPropagation();
            if (event.key === "Escape") leave();
          },
        },
      },
      h(
        "div",
        { class: "write-line" },
        input,
        tag.unit && h("span", { class: "unit" }, tag.unit),
        send,
        h(
          "button",
          { type: "button", class: "quiet icon", "aria-label": t("action.close"), on: { click: () => leave() } },
          "×",
        ),
      ),
      answer,
    );
    const leave = () => {
      const table = row.closest("[role=grid]");
      this.close();
      table?.focus();
    };
    const submit = async () => {
      box.dataset.busy = "1";
      send.disabled = true;
      answer.className = "write-answer";
      fill(answer, t("tags.writing"));
      try {
        const result = await writeTag(name, typedValue(tag.type ?? typeof tag.value, input.value));
        const value = result?.value ?? result;
        answer.classList.add("good");
        fill(answer, t("tags.written", { value: valueText(value) }));
      } catch (error) {
        answer.classList.add("error");
        fill(answer, error.message);
      } finally {
        delete box.dataset.busy;
        send.disabled = false;
        input.focus();
        input.select?.();
      }
    };
    this.#box = box;
    row.append(box);
    input.focus();
    input.select?.();
  }
}
