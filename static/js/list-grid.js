// A grid over a list of the document.

import { Grid } from "./grid.js";
import { GridModel } from "./grid-model.js";
import * as pointers from "./pointer.js";

/** `open(item)` and `close(row)` say how an element of the list is a row, where it is not one itself. */
export function listGrid(config, place, { pointer, columns, next, label, open = (item) => item, close = (row) => row }) {
  const model = new GridModel({ columns, rows: (config.read(pointer) ?? []).map(open), next });
  const sentence = (at) => config.problemsAt(at).map(({ detail }) => detail).join(" ") || null;
  const grid = new Grid(place, model, {
    label,
    problem: (row, column) => sentence(pointers.join(pointer, row, ...model.columns[column].pointer)),
    rowProblem: (row) => sentence(pointers.join(pointer, row)),
  });
  model.addEventListener("changed", () => {
    for (const known of [...config.local.keys()]) if (known.startsWith(`${pointer}/`)) config.local.delete(known);
    for (const { row, key, sentence: wrong } of model.mistakes()) config.local.set(pointers.join(pointer, row, key), wrong);
    config.set(pointer, model.rows.length ? model.rows.map(close) : undefined);
  });
  return {
    repaint: () => grid.repaint(),
    focus(at) {
      if (!at.startsWith(`${pointer}/`)) return false;
      const [row, key] = pointers.parts(at.slice(pointer.length));
      grid.focus(Number(row), Math.max(0, model.columns.findIndex((one) => one.key === key)));
      return true;
    },
  };
}
