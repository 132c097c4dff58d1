// A list of things of which there may be thousands: a page of them at a time, a filter over all, and edits of all that pass it.

import { confirm, notice } from "./dialog.js";
import { debounce, fill, h } from "./dom.js";
import { count, t, word } from "./i18n.js";
import { IN_COMMON, nameOf, put, tableOf, withTable } from "./mqtt-table.js";

const PAGE = 100;
/** From here on a list has its tools. */
const MANY = 8;
/** What was looked for, by list: it outlasts the page being built anew. */
const asked = new Map();

/** `read()` gives the list, `row(item, index)` an element; `change(list)` puts another list in its place, if it can be edited as a table. */
export class Many {
  constructor({ key, read, row, change }) {
    Object.assign(this, { key, read, row, change });
    this.state = asked.get(key) ?? { filter: "", from: 0 };
    asked.set(key, this.state);
    this.body = h("div", { class: "many-rows" });
    this.pager = h("div", { class: "many-pager" });
    this.tools = h("div", { class: "many-tools" });
    this.element = h("div", { class: "many" }, this.#filter(), this.tools, this.body, this.pager);
    this.show();
  }

  /** Places of those that pass the filter. */
  get #passing() {
    const wanted = this.state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const passes = (item) => {
      const text = [item.name, item.topic, ...(item.tags ?? []), item.payload].join(" ").toLowerCase();
      return wanted.every((one) => text.includes(one));
    };
    return this.read().flatMap((item, index) => (passes(item) ? [index] : []));
  }

  /** Shows the page on which this one stands; a filter that hides it is taken away. */
  reveal(index) {
    if (index >= this.read().length) return;
    const at = this.#passing.indexOf(index);
    if (at < 0) {
      this.state.filter = this.input.value = "";
      return this.reveal(index);
    }
    if (at >= this.state.from && at < this.state.from + PAGE) return;
    this.state.from = Math.floor(at / PAGE) * PAGE;
    this.show();
  }

  show() {
    const all = this.read();
    const passing = this.#passing;
    if (this.state.from >= passing.length) this.state.from = 0;
    const { from } = this.state;
    this.input.hidden = all.length < MANY;
    fill(this.body, passing.slice(from, from + PAGE).map((index) => this.row(all[index], index)));
    const turn = (label, to) =>
      h("button", { type: "button", disabled: to < 0 || to >= passing.length, on: { click: () => this.#turn(to) } }, t(label));
    this.pager.hidden = all.length < MANY;
    fill(
      this.pager,
      h("span", { role: "status" }, t("many.shown", {
        from: count(Math.min(from + 1, passing.length)), to: count(Math.min(from + PAGE, passing.length)), n: count(passing.length), all: count(all.length),
      })),
      passing.length > PAGE && [turn("many.earlier", from - PAGE), turn("many.later", from + PAGE)],
    );
    if (this.change) fill(this.tools, this.#files(), all.length >= MANY && this.#edits(passing));
  }

  #turn(from) {
    this.state.from = from;
    this.show();
  }

  #filter() {
    const later = debounce(() => {
      this.state.filter = this.input.value;
      this.#turn(0);
    }, 150);
    this.input = h("input", { type: "search", class: "many-filter", placeholder: t("action.filter"), "aria-label": t("action.filter"), ".value": this.state.filter, on: { input: later } });
    return this.input;
  }

  /** One member of all that pass the filter, or all of them away. */
  #edits(passing) {
    const what = h("select", { class: "many-member", "aria-label": t("many.member") }, IN_COMMON.map((at) => h("option", { value: at }, word("field", nameOf(at) === "min_gap_ms" ? "merge_ms" : nameOf(at)))));
    const value = h("input", { type: "text", class: "many-value", "aria-label": t("many.value"), placeholder: t("many.value") });
    const set = () => {
      const list = [...this.read()];
      for (const index of passing) {
        list[index] = structuredClone(list[index]);
        put(list[index], what.value, value.value);
      }
      this.change(list);
    };
    const remove = async () => {
      if (!(await confirm(t("many.remove_title", { n: count(passing.length) }), t("editor.delete_text"), t("editor.delete")))) return;
      const gone = new Set(passing);
      this.change(this.read().filter((_, index) => !gone.has(index)));
    };
    return h("span", { class: "many-edits" }, what, value,
      h("button", { type: "button", class: "many-set", on: { click: set } }, t("many.set", { n: count(passing.length) })),
      h("button", { type: "button", class: "danger", on: { click: remove } }, t("many.remove", { n: count(passing.length) })));
  }

  #files() {
    const save = () => {
      const all = this.read();
      const url = URL.createObjectURL(new Blob(["\ufeff", tableOf(this.#passing.map((index) => all[index]))], { type: "text/csv" }));
      h("a", { href: url, download: `publications.csv` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    };
    const load = async ({ target }) => {
      const [file] = target.files;
      if (file) this.take(await file.text());
      target.value = "";
    };
    const file = h("input", { type: "file", accept: ".csv,text/csv", hidden: true, on: { change: load } });
    return h("span", { class: "many-files" },
      h("button", { type: "button", on: { click: save } }, t("many.export")),
      h("button", { type: "button", on: { click: () => file.click() } }, t("many.import")), file);
  }

  /** Takes a table in. */
  take(text) {
    try {
      const { all, changed, added } = withTable(this.read(), text);
      this.change(all);
      notice(t("many.imported", { changed: count(changed), added: count(added) }));
    } catch (error) {
      notice(error.message, { bad: true });
    }
  }
}
