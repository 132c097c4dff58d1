// The table itself. Rows are recycled; a row is touched only when what it shows has changed.

import { fill, freshId, h, setText } from "./dom.js";
import { t, time } from "./i18n.js";
import { qualityMark, qualityText, valueText } from "./tag-value.js";

const ROW = 34;
const BEYOND = 6;

export class TagTable {
  #names = [];
  #rows = new Map();
  #spare = [];
  #active = 0;
  #id = freshId("tags");

  constructor(container, options) {
    this.o = options;
    const head = (key, more = "") => h("div", { class: `cell ${more}`, role: "columnheader" }, t(key));
    this.body = h("div", { class: "vt-body", role: "rowgroup" });
    this.root = h(
      "div",
      {
        class: "vt",
        role: "grid",
        tabindex: "0",
        "aria-label": t("tags.table"),
        "aria-describedby": "tag-keys",
        "aria-colcount": 6,
      },
      h(
        "div",
        { role: "rowgroup", class: "vt-headgroup" },
        h(
          "div",
          { class: "vt-row vt-head", role: "row" },
          head("tags.name"),
          head("tags.value", "cell-value"),
          head("tags.unit"),
          head("tags.quality"),
          head("tags.time", "cell-time"),
          head("tags.actions", "cell-actions"),
        ),
      ),
      this.body,
    );
    fill(container, this.root);
    this.root.addEventListener(
      "scroll",
      () => {
        this.o.scrolled();
        requestAnimationFrame(() => this.#render());
      },
      { passive: true },
    );
    this.root.addEventListener("keydown", (event) => this.#key(event));
    this.body.addEventListener("click", (event) => this.#click(event));
    new ResizeObserver(() => this.#render()).observe(this.root);
    this.o.watch.addEventListener("values", ({ detail }) => this.#values(detail));
  }

  focus() {
    this.root.focus();
  }

  setNames(names) {
    const name = this.#names[this.#active];
    this.#names = names;
    this.#active = Math.max(0, names.indexOf(name));
    for (const drawn of this.#rows.values()) this.#release(drawn);
    this.#rows.clear();
    this.body.style.height = `${names.length * ROW}px`;
    this.root.setAttribute("aria-rowcount", names.length + 1);
    this.#render();
  }

  #release(drawn) {
    drawn.element.remove();
    this.#spare.push(drawn);
  }

  #render() {
    const top = this.root.scrollTop;
    const first = Math.max(0, Math.floor(top / ROW) - BEYOND);
    const last = Math.min(this.#names.length - 1, Math.ceil((top + this.root.clientHeight) / ROW) + BEYOND);
    for (const [index, drawn] of this.#rows) {
      if (index < first || index > last) {
        this.#release(drawn);
        this.#rows.delete(index);
      }
    }
    for (let index = first; index <= last; index++) {
      if (!this.#rows.has(index)) this.#place(index);
    }
    this.#showActive();
    this.o.visible(this.#names.slice(first, last + 1));
  }

  #place(index) {
    const drawn = this.#spare.pop() ?? this.#make();
    const name = this.#names[index];
    drawn.name = name;
    drawn.element.classList.remove("changed-a", "changed-b");
    drawn.element.querySelector(".write-box")?.remove();
    drawn.element.id = `${this.#id}-${index}`;
    drawn.element.dataset.index = index;
    drawn.element.setAttribute("aria-rowindex", index + 2);
    drawn.element.style.transform = `translateY(${index * ROW}px)`;
    const slash = name.indexOf("/");
    setText(drawn.group, name.slice(0, slash + 1));
    setText(drawn.label, name.slice(slash + 1));
    drawn.quality.dataset.is = "";
    this.#rows.set(index, drawn);
    this.#paint(drawn);
    this.body.append(drawn.element);
  }

  #make() {
    const drawn = {
      group: h("span", { class: "tag-group" }),
      label: h("span", { class: "tag-name" }),
      value: h("div", { class: "cell cell-value", role: "gridcell" }),
      unit: h("div", { class: "cell cell-unit", role: "gridcell" }),
      sign: h("span", { class: "sign" }),
      quality: h("span", { class: "quality" }),
      time: h("div", { class: "cell cell-time", role: "gridcell" }),
      write: h(
        "button",
        { type: "button", class: "quiet", tabindex: "-1", dataset: { act: "write" } },
        t("tags.write"),
      ),
    };
    drawn.element = h(
      "div",
      { class: "vt-row", role: "row" },
      h("div", { class: "cell cell-name", role: "rowheader" }, drawn.group, drawn.label),
      drawn.value,
      drawn.unit,
      h("div", { class: "cell cell-quality", role: "gridcell" }, drawn.sign, drawn.quality),
      drawn.time,
      h("div", { class: "cell cell-actions", role: "gridcell" }, drawn.write),
    );
    return drawn;
  }

  #paint(drawn) {
    const tag = this.o.watch.known.get(drawn.name) ?? {};
    setText(drawn.value, "value" in tag ? valueText(tag.value) : "");
    setText(drawn.unit, tag.unit ?? "");
    setText(drawn.time, tag.timestamp ? time(tag.timestamp, { millis: true }) : "");
    const text = qualityText(tag);
    if (drawn.quality.dataset.is !== text) {
      drawn.quality.dataset.is = text;
      drawn.quality.textContent = text;
      drawn.quality.title = text;
      fill(drawn.sign, tag.quality && qualityMark(tag.quality));
      drawn.element.dataset.quality = tag.quality ?? "";
    }
    drawn.write.hidden = !(this.o.operator && tag.writable);
  }

  #values({ tags, changed }) {
    const news = new Map(tags.map((tag) => [tag.name, tag]));
    for (const drawn of this.#rows.values()) {
      if (!news.has(drawn.name)) continue;
      const before = drawn.value.textContent;
      this.#paint(drawn);
      if (changed && before !== "" && before !== drawn.value.textContent) this.#flash(drawn.element);
    }
  }

  #flash(element) {
    // Two animations of the same kind in turn restart without forcing a layout.
    element.classList.toggle("changed-a", !element.classList.contains("changed-a"));
    element.classList.toggle("changed-b", !element.classList.contains("changed-a"));
  }

  #showActive() {
    for (const [index, { element }] of this.#rows) {
      const here = index === this.#active;
      element.classList.toggle("active", here);
      element.setAttribute("aria-selected", here);
    }
    if (this.#rows.has(this.#active)) this.root.setAttribute("aria-activedescendant", `${this.#id}-${this.#active}`);
    else this.root.removeAttribute("aria-activedescendant");
  }

  #go(index) {
    this.#active = Math.max(0, Math.min(index, this.#names.length - 1));
    const top = this.#active * ROW;
    const height = this.root.clientHeight - ROW;
    if (top < this.root.scrollTop) this.root.scrollTop = top;
    else if (top + ROW > this.root.scrollTop + height) this.root.scrollTop = top + ROW - height;
    this.#render();
  }

  #click(event) {
    const row = event.target.closest(".vt-row");
    if (!row || event.target.closest(".write-box")) return;
    this.#active = Number(row.dataset.index);
    this.#showActive();
    if (event.target.closest("[data-act=write]")) this.#edit();
    else this.o.open(this.#names[this.#active]);
  }

  #edit() {
    const drawn = this.#rows.get(this.#active);
    if (drawn && !drawn.write.hidden) this.o.edit(drawn.name, drawn.element);
  }

  #key(event) {
    if (event.target !== this.root) return;
    const page = Math.max(1, Math.floor(this.root.clientHeight / ROW) - 2);
    const moves = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.#names.length,
      End: this.#names.length,
    };
    if (event.key in moves) {
      event.preventDefault();
      this.#go(this.#active + moves[event.key]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.#names.length) this.o.open(this.#names[this.#active]);
    } else if (event.key === "F2" || event.key === "w") {
      event.preventDefault();
      this.#edit();
    }
  }
}
