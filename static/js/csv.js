// Tables as text (RFC 4180): quoted where they must be; a semicolon or a tab in the first line divides as well.

/** The text of these rows. */
export function csvText(rows) {
  const field = (value) => {
    const text = String(value ?? "");
    return /[",;\r\n\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

/** The rows of a text, each with the number of its first line; empty ones are left out. */
export function csvRows(text) {
  const plain = text.replace(/^\ufeff/, "");
  const head = plain.slice(0, plain.search(/[\r\n]|$/));
  const divider = [",", ";", "\t"].reduce((best, one) => (head.split(one).length > head.split(best).length ? one : best));
  const rows = [];
  let [cells, cell, quoted, line, began] = [[], "", false, 1, 1];
  const endRow = () => {
    cells.push(cell);
    if (cells.some((one) => one.trim())) rows.push({ line: began, cells });
    [cells, cell, began] = [[], "", line + 1];
  };
  for (let at = 0; at < plain.length; at++) {
    const letter = plain[at];
    if (quoted) {
      if (letter === '"' && plain[at + 1] === '"') cell += plain[++at];
      else if (letter === '"') quoted = false;
      else cell += letter;
      if (letter === "\n") line++;
    } else if (letter === '"' && cell === "") quoted = true;
    else if (letter === divider) {
      cells.push(cell);
      cell = "";
    } else if (letter === "\n") {
      endRow();
      line++;
    } else if (letter !== "\r") cell += letter;
  }
  if (cell || cells.length) endRow();
  return rows;
}
