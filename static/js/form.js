// Forms bound to the configuration document: one field for each member, its default as placeholder, its problem beside it.
//
// An absent member means its default and stays absent: an emptied field takes the member away.

import { fill, freshId, h } from "./dom.js";
import { t, maybe, word } from "./i18n.js";
import * as pointers from "./pointer.js";

/**
 * A field: `{ key, kind, def, min, max, options, when, hint, wide }`.
 * `key` may be a path (`trigger/interval_ms`). Kinds: text, number, auto (number or "auto"), select, check, secret,
 * lines (a list, one entry a line), area (long text), words (a choice of several).
 * `offers()` of a list gives what can be added to it without typing it whole.
 * `after(config, pointer)` changes other members once this one was changed.
 * `show(value)` and `parse(text)` say how a value is written that is more than a text or a number.
 */
export class Form {
  #config;
  #pointer;
  #fields;
  #rows = [];

  constructor(container, config, pointer, sections) {
    this.#config = config;
    this.#pointer = pointer;
    this.#fields = sections;
    this.container = container;
    this.#build();
  }

  #build() {
    this.#rows = [];
    // Enter in a field is no wish to leave the page.
    const form = h("form", { autocomplete: "off", on: { submit: (event) => event.preventDefault() } });
    fill(this.container, form);
    fill(
      form,
      this.#fields.map(({ title, fields, folded, when }) => {
        const body = h(
          "div",
          { class: "fields" },
          fields.map((field) => this.#row(field)),
        );
        const head = title && t(title);
        const section = folded
          ? h("details", { class: "form-section" }, h("summary", {}, head), body)
          : h("section", { class: "form-section" }, head && h("h3", {}, head), body);
        if (when) this.#rows.push({ element: section, when });
        return section;
      }),
    );
    this.refresh();
    this.showProblems();
  }

  #row(field) {
    const id = freshId("f");
    const pointer = field.key.split("/").reduce((at, part) => pointers.join(at, part), this.#pointer);
    const input = control(field, id);
    const trouble = h("p", { class: "error", id: `${id}-error`, hidden: true });
    const name = field.key.split("/").at(-1);
    const hintText = maybe("hint", field.hint ?? name);
    const hint = hintText && h("p", { class: "hint", id: `${id}-hint` }, hintText);
    input.setAttribute("aria-describedby", hint ? `${id}-hint ${id}-error` : `${id}-error`);
    const label = h(
      "label",
      { for: id },
      word("field", field.label ?? name),
      field.unit && h("span", { class: "unit" }, ` ${field.unit}`),
    );
    const list = input.suggestions ?? (field.offers && offer(field, input));
    const element =
      field.kind === "check"
        ? h("div", { class: "field field-check" }, h("div", { class: "check-line" }, input, label), hint, trouble)
        : h("div", { class: field.wide ? "field field-wide" : "field" }, label, input, list, hint, trouble);
    element.dataset.pointer = pointer;
    const row = { field, input, element, trouble, pointer, when: field.when };
    input.addEventListener(field.kind === "check" || field.kind === "select" ? "change" : "input", () =>
      this.#take(row),
    );
    this.#rows.push(row);
    return element;
  }

  #take(row) {
    const { value, mistake } = parse(row.field, row.input);
    this.#config.mistake(row.pointer, mistake ?? null);
    this.#config.set(row.pointer, value);
    if (row.field.after) {
      row.field.after(this.#config, this.#pointer);
      this.refresh();
    }
    this.#visibility();
  }

  get #object() {
    return this.#config.read(this.#pointer) ?? {};
  }

  /** Shows what the document says. */
  refresh() {
    for (const { field, input, pointer } of this.#rows) {
      if (input && input !== document.activeElement) put(field, input, this.#config.read(pointer));
    }
    this.#visibility();
  }

  #visibility() {
    for (const { element, when } of this.#rows) if (when) element.hidden = !when(this.#object, this.#config.data);
  }

  /** Puts each sentence at its field. */
  showProblems() {
    for (const { input, trouble, pointer } of this.#rows) {
      if (!input) continue;
      const found = this.#config.problemsAt(pointer);
      const warnings = found.length ? [] : this.#config.warningsAt(pointer);
      trouble.hidden = found.length + warnings.length === 0;
      trouble.classList.toggle("warning", warnings.length > 0);
      trouble.textContent = [...found, ...warnings].map(({ detail }) => detail).join("; ");
      if (found.length) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }

  /** Moves to the field a pointer is about; answers whether there is one. */
  focus(pointer) {
    const row = this.#rows.find(
      (one) => one.input && !one.element.hidden && (pointer === one.pointer || pointer.startsWith(`${one.pointer}/`)),
    );
    if (!row) return false;
    row.element.closest("details")?.setAttribute("open", "");
    row.input.focus();
    row.input.scrollIntoView({ block: "center" });
    return true;
  }
}

/** A line that adds to the list above it, with suggestions. */
function offer({ key, label, offers }, input) {
  const list = freshId("list");
  const name = t("form.add_to", { field: word("field", label ?? key) });
  const known = h("datalist", { id: list });
  const line = h("input", { list, autocomplete: "off", spellcheck: "false", placeholder: t("form.add"), "aria-label": name });
  const add = () => {
    const text = line.value.trim();
    if (!text) return;
    const lines = input.value.split("\n").filter(Boolean);
    if (!lines.includes(text)) {
      input.value = [...lines, text].join("\n");
      input.dispatchEvent(new Event("input"));
    }
    line.value = "";
  };
  // What there is to offer is looked up when somebody wants it: it may be thousands.
  line.addEventListener(
    "focus",
    () => fill(known, offers().map(({ value, label: text }) => h("option", { value }, text))),
  );
  line.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add();
  });
  return h("div", { class: "offer" }, line, known, h("button", { type: "button", "aria-label": name, on: { click: add } }, "+"));
}

function control(field, id) {
  const { kind = "text" } = field;
  const usual = field.def === undefined || field.def === null || typeof field.def === "object" ? "" : String(field.def);
  switch (kind) {
    case "select":
      return h(
        "select",
        { id },
        (typeof field.options === "function" ? field.options() : field.options).map((option) =>
          h("option", { value: String(option) }, word(field.words ?? "option", String(option))),
        ),
      );
    case "check":
      return h("input", { id, type: "checkbox" });
    case "secret":
      return h("input", { id, type: "password", autocomplete: "new-password", spellcheck: "false" });
    case "lines":
    case "area":
      return h("textarea", { id, rows: field.rows ?? 3, spellcheck: "false", placeholder: field.sample ?? usual });
    case "suggest": {
      const list = freshId("list");
      const input = h("input", {
        id,
        list,
        autocomplete: "off",
        spellcheck: "false",
        placeholder: field.sample ?? usual,
        class: field.number ? "number" : false,
      });
      return Object.assign(input, {
        suggestions: h(
          "datalist",
          { id: list },
          field
            .options()
            .map((option) => h("option", typeof option === "object" ? { value: option.value } : { value: option }, option.label)),
        ),
      });
    }
    default:
      return h("input", {
        id,
        type: "text",
        autocomplete: "off",
        spellcheck: kind === "prose" ? "true" : "false",
        placeholder: field.sample ?? usual,
        inputmode: kind === "number" || kind === "auto" ? "decimal" : false,
        class: kind === "number" || kind === "auto" ? "number" : false,
      });
  }
}

function put(field, input, value) {
  switch (field.kind) {
    case "check":
      input.checked = value ?? field.def ?? false;
      break;
    case "select": {
      const text = field.show ? field.show(value) : String(value ?? field.def ?? "");
      // A value this page does not offer is still shown, and kept.
      if (![...input.options].some((option) => option.value === text)) input.append(h("option", { value: text }, text));
      input.value = text;
      break;
    }
    case "lines":
      input.value = Array.isArray(value)
        ? value.map((item) => (typeof item === "string" ? item : JSON.stringify(item))).join("\n")
        : "";
      input.rows = Math.min(12, Math.max(field.rows ?? 3, input.value.split("\n").length + 1));
      break;
    default:
      if (field.show) {
        input.value = value === undefined || value === null ? "" : field.show(value);
        break;
      }
      input.value =
        value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  }
}

/** What was typed as the document's value, or as it was typed with the sentence that says what is wrong. */
function parse(field, input) {
  const text = input.value.trim();
  if (field.parse) return text === "" ? { value: undefined } : field.parse(text);
  switch (field.kind) {
    case "check":
      return { value: input.checked };
    case "select":
      return { value: field.number || typeof field.options[0] === "number" ? Number(text) : text };
    case "secret":
      return { value: input.value === "" ? undefined : input.value };
    case "area":
    case "prose":
      return { value: input.value === "" ? undefined : input.value };
    case "lines": {
      const list = text
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean);
      return { value: list.length || field.required ? list : undefined };
    }
    case "auto":
      if (text === "" || text === "auto") return { value: text || undefined };
      return number(field, text);
    case "suggest":
      if (!field.number) return { value: text === "" && !field.required ? undefined : text };
    // falls through: a number with suggestions is a number
    case "number":
      return text === "" ? { value: undefined } : number(field, text);
    default:
      return { value: text === "" && !field.required ? undefined : text };
  }
}

export function number({ min, max, whole = true }, text) {
  const value = Number(text.replace(",", "."));
  if (text === "" || !Number.isFinite(value)) return { value: text, mistake: t("mistake.number") };
  if (whole && !Number.isInteger(value)) return { value, mistake: t("mistake.whole") };
  if (min !== undefined && max !== undefined && (value < min || value > max))
    return { value, mistake: t("mistake.range", { min, max }) };
  return { value };
}
