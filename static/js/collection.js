// A list of named objects beside the form of the chosen one; the choice stands in the address, so links and reload keep it.

import { fill, freshId, h, mark } from "./dom.js";
import { t } from "./i18n.js";
import { confirm } from "./dialog.js";
import * as pointers from "./pointer.js";

/** A name of the list's kind that none of `taken` has: `meter1` -> `meter2`. */
export function freshName(wanted, taken) {
  const used = new Set([...taken].map((name) => String(name).toLowerCase()));
  if (!used.has(wanted.toLowerCase())) return wanted;
  const [, stem, number] = /^(.*?)(\d*)$/.exec(wanted);
  const width = number.length;
  for (let next = Number(number || 1) + 1; ; next++) {
    const name = stem + String(next).padStart(width, "0");
    if (!used.has(name.toLowerCase())) return name;
  }
}

/** A copy without ids, which are the server's to give. */
export function withoutIds(value) {
  if (Array.isArray(value)) return value.map(withoutIds);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "id")
      .map(([key, inner]) => [key, withoutIds(inner)]),
  );
}

/**
 * `pointer` is the list; `make(list)` gives a new object; `summary(object)` a short text; `state(object)` a mark's name;
 * `show(container, pointer, object)` builds the detail; `more` is another way to add one, `{ label, act }`. `base` prefixes the hash for lists inside an object.
 */
export class Collection {
  #o;
  #chosen = 0;
  #filter = "";

  constructor(container, options) {
    this.#o = options;
    this.list = h("ul", { class: "master-list" });
    this.filter = h("input", {
      type: "search",
      placeholder: t("action.filter"),
      "aria-label": t("action.filter"),
      on: {
        input: () => {
          this.#filter = this.filter.value.toLowerCase();
          this.showList();
        },
      },
    });
    this.detail = h("section", { class: "detail", "aria-live": "off" });
    this.heading = freshId("master");
    const add = h("button", { type: "button", class: "add", on: { click: () => this.#add() } }, t(options.addLabel));
    const more = options.more && h("button", { type: "button", class: "add", on: { click: options.more.act } }, options.more.label);
    fill(
      container,
      h(
        "aside",
        { class: "master", "aria-labelledby": this.heading },
        h("h2", { id: this.heading, class: "visually-hidden" }, t(options.title)),
        this.filter,
        this.list,
        add,
        more,
      ),
      this.detail,
    );
    addEventListener("hashchange", () => this.#fromHash());
  }

  /** Shows the list and what the address names. */
  begin() {
    this.#fromHash();
  }

  get items() {
    return this.#o.config.read(this.#o.pointer) ?? [];
  }

  get pointer() {
    return pointers.join(this.#o.pointer, this.#chosen);
  }

  get chosen() {
    return this.items[this.#chosen];
  }

  #fromHash() {
    const name = decodeURIComponent(location.hash.slice(1)).split("/")[0];
    const index = this.items.findIndex((item) => item.name === name);
    this.choose(index >= 0 ? index : Math.min(this.#chosen, Math.max(0, this.items.length - 1)), { remember: false });
  }

  choose(index, { remember = true } = {}) {
    this.#chosen = index;
    if (remember && this.chosen) history.replaceState(null, "", `#${encodeURIComponent(this.chosen.name ?? "")}`);
    this.showList();
    this.showDetail();
  }

  showList() {
    const { config, pointer, summary, state } = this.#o;
    this.filter.hidden = this.items.length < 8;
    fill(
      this.list,
      this.items.map((item, index) => {
        if (this.#filter && !String(item.name).toLowerCase().includes(this.#filter)) return null;
        const trouble = config.problemsAt(pointers.join(pointer, index)).length > 0;
        const sign = trouble ? mark("bad") : item.enabled === false ? mark("idle") : state ? mark(state(item)) : null;
        return h(
          "li",
          {},
          h(
            "button",
            {
              type: "button",
              "aria-current": index === this.#chosen ? "true" : false,
              on: { click: () => this.choose(index) },
            },
            h("span", { class: "master-name" }, sign, item.name || t("editor.unnamed")),
            h("span", { class: "master-summary" }, trouble ? t("editor.has_problems") : summary(item)),
          ),
        );
      }),
    );
  }

  showDetail() {
    if (!this.chosen) {
      fill(this.detail, h("p", { class: "empty" }, t(this.#o.emptyLabel)));
      return;
    }
    const body = h("div", { class: "detail-body" });
    const title = h("h2", {}, this.chosen.name || t("editor.unnamed"));
    fill(
      this.detail,
      h(
        "div",
        { class: "detail-head" },
        title,
        h(
          "div",
          { class: "detail-actions" },
          h("button", { type: "button", on: { click: () => this.#duplicate() } }, t("editor.duplicate")),
          h("button", { type: "button", class: "danger", on: { click: () => this.#remove() } }, t("editor.delete")),
        ),
      ),
      body,
    );
    this.title = title;
    this.#o.show(body, this.pointer, this.chosen);
  }

  /** After another document came. */
  reload() {
    this.choose(Math.max(0, Math.min(this.#chosen, this.items.length - 1)), { remember: false });
  }

  /** After edits: names and marks may have changed, the form stays. */
  refresh() {
    this.showList();
    if (this.chosen && this.title) this.title.textContent = this.chosen.name || t("editor.unnamed");
  }

  /** Adds an object that was made elsewhere, under a name nobody has. */
  add(item) {
    this.#insert({ ...item, name: freshName(item.name, this.#names()) }, this.items.length);
  }

  #insert(item, index) {
    const list = [...this.items];
    list.splice(index, 0, item);
    this.#o.config.set(this.#o.pointer, list);
    this.choose(index);
    this.detail.querySelector("input")?.select();
  }

  #names() {
    return this.#o.names?.() ?? this.items.map(({ name }) => name);
  }

  #add() {
    const item = this.#o.make(this.items);
    item.name = freshName(item.name, this.#names());
    this.#insert(item, this.items.length);
  }

  #duplicate() {
    const copy = withoutIds(structuredClone(this.chosen));
    copy.name = freshName(copy.name, this.#names());
    this.#insert(copy, this.#chosen + 1);
  }

  async #remove() {
    if (
      !(await confirm(
        t("editor.delete_title", { name: this.chosen.name }),
        t(this.#o.deleteText ?? "editor.delete_text"),
        t("editor.delete"),
      ))
    )
      return;
    const list = this.items.filter((_, index) => index !== this.#chosen);
    this.#o.config.set(this.#o.pointer, list.length ? list : undefined);
    this.choose(Math.max(0, this.#chosen - 1));
  }
}
