// What the keyboard, the clipboard and the pointer do in a grid.

import { t } from "./i18n.js";

export class GridInput {
  #tabStart = null;
  #leaveByTab = false;
  #dragging = false;

  constructor(grid) {
    this.grid = grid;
    this.#listen();
  }

  #listen() {
    const { input, body } = this.grid;
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("input", () => {
      if (!this.grid.editing) this.grid.edit();
    });
    input.addEventListener("focus", () => {
      this.#leaveByTab = false;
      this.grid.root.classList.add("grid-focus");
      input.select();
    });
    input.addEventListener("blur", () => {
      this.grid.root.classList.remove("grid-focus");
      this.grid.commit();
    });
    input.addEventListener("copy", (event) => this.#copy(event));
    input.addEventListener("cut", (event) => {
      if (this.#copy(event)) this.grid.model.clear(this.grid.area);
    });
    input.addEventListener("paste", (event) => {
      const text = event.clipboardData.getData("text/plain");
      // Inside a cell being edited a plain text is just text.
      if (this.grid.editing && !/[\t\n]/.test(text)) return;
      event.preventDefault();
      this.grid.editing = false;
      const area = this.grid.model.paste(this.grid.area, text);
      this.grid.select(area);
      this.grid.teller.textContent = t("grid.pasted", { n: area.bottom - area.top + 1 });
    });
    body.addEventListener("pointerdown", (event) => {
      if (event.target === input && (this.grid.editing || event.detail > 1)) return;
      const where = this.#where(event);
      if (!where) return;
      event.preventDefault();
      this.grid.commit();
      if (where.column < 0) {
        this.grid.select({ top: where.row, left: 0, bottom: where.row, right: this.grid.model.columns.length - 1 });
      } else {
        const again =
          where.row === this.grid.at.row && where.column === this.grid.at.column && document.activeElement === input;
        this.grid.move(where.row, where.column, { extend: event.shiftKey });
        this.#dragging = event.pointerType === "mouse";
        if (again && (event.pointerType !== "mouse" || event.detail > 1)) this.grid.edit();
      }
      input.focus({ preventScroll: true });
    });
    body.addEventListener("pointermove", (event) => {
      if (!this.#dragging || event.buttons !== 1) {
        this.#dragging = false;
        return;
      }
      const where = this.#where(event);
      if (where && where.column >= 0 && (where.row !== this.grid.at.row || where.column !== this.grid.at.column))
        this.grid.move(where.row, where.column, { extend: true });
    });
    body.addEventListener("dblclick", () => this.grid.edit());
  }

  #where(event) {
    const under = document
      .elementsFromPoint(event.clientX, event.clientY)
      .find((element) => element.classList.contains("grid-cell") && this.grid.body.contains(element));
    if (!under) return null;
    return {
      row: Number(under.parentElement.dataset.row),
      column: under.dataset.column === undefined ? -1 : Number(under.dataset.column),
    };
  }

  #copy(event) {
    const { area } = this.grid;
    if (this.grid.editing) return false;
    event.preventDefault();
    event.clipboardData.setData("text/plain", this.grid.model.copy(area));
    return true;
  }

  #key(event) {
    if (event.isComposing) return;
    const control = event.ctrlKey || event.metaKey;
    const done = (act) => {
      event.preventDefault();
      act();
    };
    const { row, column } = this.grid.at;
    const page = Math.max(1, this.grid.rowsInSight - 2);
    const step = (rows, columns) =>
      done(() => {
        this.grid.commit();
        this.#tabStart = null;
        this.grid.move(row + rows, column + columns, { extend: event.shiftKey });
      });
    const choosing = this.grid.editing && this.grid.model.columns[column].options;
    switch (event.key) {
      case "Enter":
        return done(() => this.#enter(event.shiftKey ? -1 : 1));
      case "Tab":
        return this.#tab(event);
      case "Escape":
        if (this.grid.editing) return done(() => this.grid.cancel());
        this.#leaveByTab = true; // the next Tab leaves the grid: no trap
        return undefined;
      case "F2":
        return done(() => {
          this.grid.edit();
          this.grid.input.setSelectionRange(this.grid.input.value.length, this.grid.input.value.length);
        });
      case "ArrowUp":
        return choosing ? undefined : step(control ? -row : -1, 0);
      case "ArrowDown":
        return choosing ? undefined : step(control ? this.grid.model.rows.length - 1 - row : 1, 0);
      case "PageUp":
        return step(-page, 0);
      case "PageDown":
        return step(page, 0);
      default:
    }
    if (this.grid.editing) return undefined;
    switch (event.key) {
      case "ArrowLeft":
        return step(0, control ? -column : -1);
      case "ArrowRight":
        return step(0, control ? this.grid.model.columns.length : 1);
      case "Home":
        return done(() => this.grid.move(control ? 0 : row, 0, { extend: event.shiftKey }));
      case "End":
        return done(() =>
          this.grid.move(control ? this.grid.model.rows.length - 1 : row, this.grid.model.columns.length - 1, {
            extend: event.shiftKey,
          }),
        );
      case "Delete":
      case "Backspace":
        return done(() => this.grid.model.clear(this.grid.area));
      case " ":
        if (this.grid.model.columns[column].kind !== "bool") return undefined;
        return done(() =>
          this.grid.model.write([
            { row, column, text: this.grid.model.text(row, column) === t("word.yes") ? "0" : "1" },
          ]),
        );
      default:
    }
    if (!control) return undefined;
    switch (event.key.toLowerCase()) {
      case "z":
        return done(() => (event.shiftKey ? this.grid.model.redo() : this.grid.model.undo()));
      case "y":
        return done(() => this.grid.model.redo());
      case "d":
        return done(() => this.grid.fillDown());
      case "a":
        return done(() => {
          const { rows, columns } = this.grid.model;
          this.grid.select({ top: 0, left: 0, bottom: rows.length - 1, right: columns.length - 1 });
        });
      case "-":
        return done(() => this.grid.removeRows());
      case "+":
      case "=":
        return done(() => this.grid.insertRows());
      default:
        return undefined;
    }
  }

  /** Down; after a run of Tabs back to the column where it began. */
  #enter(by) {
    this.grid.commit();
    const column = this.#tabStart ?? this.grid.at.column;
    this.#tabStart = null;
    this.grid.move(this.grid.at.row + by, column);
  }

  #tab(event) {
    if (this.#leaveByTab) return;
    event.preventDefault();
    this.grid.commit();
    this.#tabStart ??= this.grid.at.column;
    const width = this.grid.model.columns.length;
    const by = event.shiftKey ? -1 : 1;
    let next = this.grid.at.row * width + this.grid.at.column + by;
    while (this.grid.model.columns[next % width]?.readonly) next += by;
    if (next < 0 || next >= (this.grid.model.rows.length + 1) * width) return;
    if (Math.floor(next / width) !== this.grid.at.row) this.#tabStart = null;
    this.grid.move(Math.floor(next / width), next % width);
  }
}
