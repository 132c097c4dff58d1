// The rows of a grid and what can be done to them, each as one step that can be undone.
//
// Rows are never changed in place: a step replaces them, so a history of whole lists costs little.
// A column: `{ key, label, kind, options, show(row), put(row, text) -> { row, mistake }, readonly, width }`.

const STEPS_KEPT = 200;

export class GridModel extends EventTarget {
  #past = [];
  #future = [];
  /** What is wrong with a row's cells: row object -> { column key: sentence }. */
  #mistakes = new WeakMap();

  /** `next(previous, index)` gives the row that follows; `columns` as above. */
  constructor({ columns, rows, next }) {
    super();
    this.columns = columns;
    this.rows = rows;
    this.next = next;
  }

  /** Rows came from elsewhere (another device, a reload): nothing to undo. */
  replace(rows) {
    this.rows = rows;
    this.#past = [];
    this.#future = [];
    this.dispatchEvent(new CustomEvent("replaced"));
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  text(row, column) {
    const object = this.rows[row];
    return object ? this.columns[column].show(object, row) : "";
  }

  mistake(row, column) {
    return this.#mistakes.get(this.rows[row])?.[this.columns[column].key];
  }

  /** Every mistake as `{ row, key, sentence }`. */
  *mistakes() {
    for (const [row, object] of this.rows.entries()) {
      for (const [key, sentence] of Object.entries(this.#mistakes.get(object) ?? {})) yield { row, key, sentence };
    }
  }

  /** Writes texts into cells; rows beyond the end are made. One step. */
  write(cells) {
    const rows = [...this.rows];
    for (const { row, column, text } of cells) {
      if (!this.columns[column] || this.columns[column].readonly) continue;
      while (rows.length <= row) rows.push(this.next(rows.at(-1), rows));
      rows[row] = this.#put(rows[row], this.columns[column], text);
    }
    this.#step(rows);
  }

  #put(row, column, text) {
    const before = this.#mistakes.get(row);
    const { row: after, mistake } = column.put(row, text.trim());
    const mistakes = { ...before };
    delete mistakes[column.key];
    if (mistake) mistakes[column.key] = mistake;
    if (Object.keys(mistakes).length) this.#mistakes.set(after, mistakes);
    return after;
  }

  /** Puts other rows in place of all, as one step. */
  set(rows) {
    this.#step(rows);
  }

  insert(at, number = 1) {
    const rows = [...this.rows];
    for (let made = 0; made < number; made++) rows.splice(at + made, 0, this.next(rows[at + made - 1], rows));
    this.#step(rows);
  }

  remove(from, to) {
    this.#step(this.rows.filter((_, index) => index < from || index > to));
  }

  /** Copies the first row of the area into the others; names and addresses run on. */
  fillDown({ top, bottom, left, right }) {
    const cells = [];
    for (let column = left; column <= right; column++) {
      const { fill } = this.columns[column];
      const first = this.text(top, column);
      for (let row = top + 1; row <= bottom; row++) {
        cells.push({ row, column, text: fill ? fill(this.rows[top], row - top, first) : first });
      }
    }
    this.write(cells);
  }

  /** The area as tab-separated text. */
  copy({ top, bottom, left, right }) {
    const lines = [];
    for (let row = top; row <= Math.min(bottom, this.rows.length - 1); row++) {
      const texts = [];
      for (let column = left; column <= right; column++) texts.push(quote(this.text(row, column)));
      lines.push(texts.join("\t"));
    }
    return lines.join("\n");
  }

  /**
   * Lays tab-separated text over the area, from its first cell on. A first line of column names says where each
   * column goes. One value over several cells fills them. Answers the area that was written.
   */
  paste(area, text) {
    let lines = parseTsv(text);
    if (lines.length === 0) return area;
    let targets = lines[0].map((_, index) => area.left + index);
    const named = lines[0].map((head) => this.#columnNamed(head));
    let { left } = area;
    if (lines.length > 1 && lines[0].length > 1 && named.every((index) => index >= 0)) {
      targets = named;
      left = Math.min(...named);
      lines = lines.slice(1);
    }
    const single = lines.length === 1 && lines[0].length === 1;
    const cells = [];
    if (single) {
      for (let row = area.top; row <= area.bottom; row++) {
        for (let column = area.left; column <= area.right; column++) cells.push({ row, column, text: lines[0][0] });
      }
    } else {
      lines.forEach((line, down) =>
        line.forEach((value, across) => {
          if (targets[across] !== undefined) cells.push({ row: area.top + down, column: targets[across], text: value });
        }),
      );
    }
    this.write(cells);
    if (single) return area;
    const right = Math.min(this.columns.length - 1, Math.max(...targets));
    return { top: area.top, left, bottom: area.top + lines.length - 1, right };
  }

  #columnNamed(head) {
    const wanted = head.trim().toLowerCase();
    return this.columns.findIndex(({ key, label }) => key.toLowerCase() === wanted || label.toLowerCase() === wanted);
  }

  clear({ top, bottom, left, right }) {
    const cells = [];
    for (let row = top; row <= Math.min(bottom, this.rows.length - 1); row++) {
      for (let column = left; column <= right; column++) cells.push({ row, column, text: "" });
    }
    this.write(cells);
  }

  undo() {
    if (!this.canUndo) return;
    this.#future.push(this.rows);
    this.rows = this.#past.pop();
    this.#say();
  }

  redo() {
    if (!this.canRedo) return;
    this.#past.push(this.rows);
    this.rows = this.#future.pop();
    this.#say();
  }

  #step(rows) {
    this.#past.push(this.rows);
    if (this.#past.length > STEPS_KEPT) this.#past.shift();
    this.#future = [];
    this.rows = rows;
    this.#say();
  }

  #say() {
    this.dispatchEvent(new CustomEvent("changed"));
  }
}

const quote = (text) => (/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Lines of cells from what spreadsheets put on the clipboard: quoted cells may hold tabs and line ends. */
function parseTsv(text) {
  const lines = [[]];
  let cell = "";
  let quoted = false;
  const source = text.replaceAll("\r\n", "\n").replace(/\n$/, "");
  for (let at = 0; at < source.length; at++) {
    const letter = source[at];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (source[at + 1] === '"') {
        cell += '"';
        at++;
      } else quoted = false;
    } else if (letter === '"' && cell === "") quoted = true;
    else if (letter === "\t") {
      lines.at(-1).push(cell);
      cell = "";
    } else if (letter === "\n") {
      lines.at(-1).push(cell);
      cell = "";
      lines.push([]);
    } else cell += letter;
  }
  lines.at(-1).push(cell);
  return source === "" ? [] : lines;
}
