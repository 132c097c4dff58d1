// A spreadsheet-like grid over a `GridModel`: only the rows in sight exist.
//
// One input travels with the active cell. Before typing it is invisible with the cell's text selected, so that typing,
// input methods (Hangul too), copying and pasting all do what they do in any input.

import { $, fill, freshId, h } from "./dom.js";
import { GridInput } from "./grid-input.js";
import { t } from "./i18n.js";

const ROW = 32;
const BEYOND = 8;

export class Grid {
  at = { row: 0, column: 0 };
  anchor = { row: 0, column: 0 };
  editing = false;
  #rows = new Map();
  #id = freshId("grid");

  /** `problem(row, column)` and `rowProblem(row)` give a sentence or nothing; `visible(first, last)` is told of rows in sight. */
  constructor(container, model, { label, problem, rowProblem, visible }) {
    this.model = model;
    this.problem = problem;
    this.rowProblem = rowProblem;
    this.visible = visible;
    const column = Math.max(
      0,
      model.columns.findIndex(({ pinned }) => pinned),
    );
    this.at = this.anchor = { row: 0, column };
    this.#frame(container, label);
    for (const name of ["changed", "replaced"]) model.addEventListener(name, () => this.render());
    this.render();
  }

  #frame(container, label) {
    const { columns } = this.model;
    this.template = `3rem ${columns.map(({ width }) => `${width}rem`).join(" ")}`;
    const head = h(
      "div",
      { class: "grid-row grid-head", role: "row" },
      h("div", { class: "grid-cell grid-number", role: "columnheader" }, "#"),
      columns.map((column, index) =>
        h(
          "div",
          {
            class: `grid-cell${column.pinned ? " grid-first" : ""}`,
            role: "columnheader",
            "aria-colindex": index + 2,
            title: column.title ?? column.label,
          },
          column.label,
        ),
      ),
    );
    head.style.gridTemplateColumns = this.template;
    this.input = h("input", {
      class: "grid-input",
      type: "text",
      autocomplete: "off",
      spellcheck: "false",
      autocapitalize: "off",
      "aria-label": label,
    });
    this.options = h("datalist", { id: `${this.#id}-options` });
    this.body = h("div", { class: "grid-body", role: "rowgroup" });
    this.scroller = h("div", { class: "grid-scroll" }, h("div", { role: "rowgroup" }, head), this.body);
    this.teller = h("div", { class: "visually-hidden", "aria-live": "polite" });
    this.status = h("p", { class: "grid-status", id: `${this.#id}-status` });
    this.root = h(
      "div",
      { class: "grid", role: "grid", "aria-label": label, "aria-colcount": columns.length + 1 },
      this.scroller,
    );
    fill(container, this.#toolbar(), this.root, this.status, this.options, this.teller);
    this.body.append(this.input);
    this.input.setAttribute("aria-describedby", this.status.id);
    this.scroller.addEventListener("scroll", () => requestAnimationFrame(() => this.render()), { passive: true });
    new ResizeObserver(() => this.render()).observe(this.scroller);
    new GridInput(this);
  }

  #toolbar() {
    const button = (key, act, shortcut) =>
      h(
        "button",
        {
          type: "button",
          title: shortcut,
          on: {
            click: () => {
              act();
              this.input.focus();
            },
          },
        },
        t(key),
      );
    this.undoButton = button("grid.undo", () => this.model.undo(), "Ctrl+Z");
    this.redoButton = button("grid.redo", () => this.model.redo(), "Ctrl+Y");
    return h(
      "div",
      { class: "toolbar", role: "toolbar", "aria-label": t("grid.tools") },
      button("grid.insert", () => this.insertRows(), "Ctrl++"),
      button("grid.remove", () => this.removeRows(), "Ctrl+−"),
      button("grid.fill_down", () => this.fillDown(), "Ctrl+D"),
      this.undoButton,
      this.redoButton,
      h("details", { class: "toolbar-help" }, h("summary", {}, t("grid.keys")), h("p", {}, t("grid.keys_text"))),
    );
  }

  get rowsInSight() {
    return Math.floor(this.scroller.clientHeight / ROW);
  }

  get area() {
    const [a, b] = [this.at, this.anchor];
    return {
      top: Math.min(a.row, b.row),
      bottom: Math.max(a.row, b.row),
      left: Math.min(a.column, b.column),
      right: Math.max(a.column, b.column),
    };
  }

  // --- drawing

  render() {
    const total = this.model.rows.length + 1; // and the empty one to type into
    this.body.style.height = `${total * ROW}px`;
    this.root.setAttribute("aria-rowcount", total + 1);
    if (this.at.row >= total) this.at = this.anchor = { row: total - 1, column: this.at.column };
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW) - BEYOND);
    const last = Math.min(total - 1, Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / ROW) + BEYOND);
    for (const [row, drawn] of this.#rows) {
      if (row < first || row > last) {
        drawn.element.remove();
        this.#rows.delete(row);
      }
    }
    for (let row = first; row <= last; row++) this.#draw(row);
    this.visible?.(first, last);
    this.#placeInput();
    this.undoButton.disabled = !this.model.canUndo;
    this.redoButton.disabled = !this.model.canRedo;
  }

  #draw(row) {
    let drawn = this.#rows.get(row);
    if (!drawn) {
      drawn = this.#makeRow(row);
      this.#rows.set(row, drawn);
      this.body.append(drawn.element);
    }
    const area = this.area;
    const blank = row >= this.model.rows.length;
    const trouble = blank ? null : this.rowProblem(row);
    drawn.element.classList.toggle("grid-blank", blank);
    drawn.number.classList.toggle("grid-wrong", Boolean(trouble));
    drawn.number.title = trouble ?? "";
    drawn.cells.forEach((cell, column) => {
      const text = blank ? "" : this.model.text(row, column);
      if (cell.textContent !== text) cell.textContent = text;
      const wrong = blank ? null : (this.model.mistake(row, column) ?? this.problem(row, column));
      cell.classList.toggle("grid-wrong", Boolean(wrong));
      cell.classList.toggle(
        "grid-selected",
        row >= area.top && row <= area.bottom && column >= area.left && column <= area.right,
      );
      cell.setAttribute("aria-selected", row === this.at.row && column === this.at.column);
      if (wrong) {
        cell.setAttribute("aria-invalid", "true");
        cell.title = wrong;
      } else {
        cell.removeAttribute("aria-invalid");
        cell.removeAttribute("title");
      }
    });
  }

  #makeRow(row) {
    const number = h(
      "div",
      { class: "grid-cell grid-number", role: "rowheader" },
      row < this.model.rows.length ? String(row + 1) : "+",
    );
    const cells = this.model.columns.map((column, index) =>
      h("div", {
        class: `grid-cell${column.pinned ? " grid-first" : ""}${column.kind === "number" ? " grid-right" : ""}${column.readonly ? " grid-readonly" : ""}`,
        role: "gridcell",
        "aria-colindex": index + 2,
        "aria-readonly": column.readonly ? "true" : false,
        dataset: { column: index },
      }),
    );
    const element = h(
      "div",
      { class: "grid-row", role: "row", "aria-rowindex": row + 2, dataset: { row } },
      number,
      cells,
    );
    element.style.gridTemplateColumns = this.template;
    element.style.transform = `translateY(${row * ROW}px)`;
    return { element, number, cells };
  }

  /** Draws what may have changed without any edit: live values and problems. */
  repaint() {
    for (const [row, drawn] of this.#rows) {
      drawn.number.textContent = row < this.model.rows.length ? String(row + 1) : "+";
      this.#draw(row);
    }
    this.#tellProblem();
  }

  #placeInput() {
    const cell = this.#rows.get(this.at.row)?.cells[this.at.column];
    if (!cell) return;
    const style = this.input.style;
    style.left = `${cell.offsetLeft}px`;
    style.width = `${cell.offsetWidth}px`;
    style.top = `${this.at.row * ROW}px`;
    this.input.classList.toggle("grid-editing", this.editing);
    this.input.classList.toggle("grid-right", this.model.columns[this.at.column].kind === "number");
    this.input.readOnly = Boolean(this.model.columns[this.at.column].readonly);
    if (!this.editing) {
      const text = this.model.text(this.at.row, this.at.column);
      if (this.input.value !== text) this.input.value = text;
      if (document.activeElement === this.input) this.input.select();
    }
    this.repaintNumbers();
  }

  repaintNumbers() {
    for (const [row, { number }] of this.#rows) {
      const text = row < this.model.rows.length ? String(row + 1) : "+";
      if (number.textContent !== text) number.textContent = text;
    }
  }

  // --- moving

  focus(row, column = 0) {
    this.move(row, column);
    this.input.focus();
  }

  /** Where one is, to come back to after the rows came anew. */
  get standing() {
    return {
      ...this.at,
      top: this.scroller.scrollTop,
      left: this.scroller.scrollLeft,
      focused: document.activeElement === this.input,
    };
  }

  resume({ row, column, top, left, focused }) {
    this.scroller.scrollTo({ top, left });
    if (focused) this.input.focus({ preventScroll: true });
    this.move(row, column);
  }

  move(row, column, { extend = false } = {}) {
    const to = {
      row: Math.max(0, Math.min(row, this.model.rows.length)),
      column: Math.max(0, Math.min(column, this.model.columns.length - 1)),
    };
    this.at = to;
    if (!extend) this.anchor = to;
    const { options } = this.model.columns[to.column];
    const list = typeof options === "function" ? options(this.model.rows[to.row] ?? {}) : options;
    fill(
      this.options,
      (list ?? []).map((value) => h("option", { value })),
    );
    if (options) this.input.setAttribute("list", this.options.id);
    else this.input.removeAttribute("list");
    this.#intoSight();
    this.render();
    // The page too, past the save bar (`scroll-padding` of the document).
    if (document.activeElement === this.input)
      this.#rows.get(to.row)?.cells[to.column].scrollIntoView({ block: "nearest", inline: "nearest" });
    this.#tell();
  }

  #intoSight() {
    const { scroller } = this;
    const top = this.at.row * ROW;
    const height = scroller.clientHeight - ROW - 8;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + ROW > scroller.scrollTop + height) scroller.scrollTop = top + ROW - height;
    this.render();
    const cell = this.#rows.get(this.at.row)?.cells[this.at.column];
    if (!cell || cell.classList.contains("grid-first")) return;
    const pinned = $(".grid-first", this.root).offsetWidth + $(".grid-number", this.root).offsetWidth;
    if (cell.offsetLeft - pinned < scroller.scrollLeft) scroller.scrollLeft = cell.offsetLeft - pinned;
    else if (cell.offsetLeft + cell.offsetWidth > scroller.scrollLeft + scroller.clientWidth) {
      scroller.scrollLeft = cell.offsetLeft + cell.offsetWidth - scroller.clientWidth + 4;
    }
  }

  #tell() {
    const column = this.model.columns[this.at.column];
    const text = this.model.text(this.at.row, this.at.column);
    this.teller.textContent = t("grid.cell", {
      column: column.label,
      row: this.at.row + 1,
      text: text || t("grid.empty"),
    });
    this.#tellProblem();
  }

  #tellProblem() {
    const { row, column } = this.at;
    const blank = row >= this.model.rows.length;
    const wrong = blank ? null : (this.model.mistake(row, column) ?? this.problem(row, column) ?? this.rowProblem(row));
    const text = wrong ?? this.model.columns[column].help ?? "";
    this.status.classList.toggle("error", Boolean(wrong));
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  /** Selects an area; its first cell becomes the active one. */
  select({ top, left, bottom, right }) {
    this.at = { row: top, column: left };
    this.anchor = { row: bottom, column: right };
    this.render();
  }

  // --- editing

  edit() {
    if (this.model.columns[this.at.column].readonly) return;
    this.editing = true;
    this.#placeInput();
  }

  /** Takes what was typed. */
  commit() {
    if (!this.editing) return;
    this.editing = false;
    const { row, column } = this.at;
    if (this.input.value !== this.model.text(row, column)) this.model.write([{ row, column, text: this.input.value }]);
    else this.render();
  }

  cancel() {
    this.editing = false;
    this.render();
  }

  insertRows() {
    const { top, bottom } = this.area;
    this.model.insert(Math.min(top, this.model.rows.length), bottom - top + 1);
    this.move(top, this.at.column);
  }

  removeRows() {
    const { top, bottom } = this.area;
    if (top >= this.model.rows.length) return;
    this.model.remove(top, bottom);
    this.move(top, this.at.column);
  }

  fillDown() {
    const { area } = this;
    // Of a single cell: from the one above, as spreadsheets do.
    if (area.top === area.bottom) {
      if (area.top > 0) this.model.fillDown({ ...area, top: area.top - 1 });
    } else this.model.fillDown(area);
  }
}
