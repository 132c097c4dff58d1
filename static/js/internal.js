// The editor of internal registers: a grid.

import { freshName } from "./collection.js";
import { boolColumn, choiceColumn, having, textColumn, typedNumber } from "./columns.js";
import { ConfigDocument } from "./document.js";
import { $, h } from "./dom.js";
import { failedToLoad } from "./editor.js";
import { Grid } from "./grid.js";
import { GridModel } from "./grid-model.js";
import { t } from "./i18n.js";
import * as pointers from "./pointer.js";
import { renameTag } from "./rename.js";
import { saveBar } from "./savebar.js";
import { bool, valueText } from "./tag-value.js";
import { TYPES } from "./tag-columns.js";
import { TagWatch } from "./watch.js";

/** The initial value by the register's type. */
function putInitial(register, text) {
  if (text === "") return { row: having(register, "initial", undefined) };
  if (register.type === "string") return { row: having(register, "initial", text) };
  if (register.type === "bool") {
    const value = bool(text);
    return value === undefined
      ? { row: having(register, "initial", text), mistake: t("mistake.bool") }
      : { row: having(register, "initial", value) };
  }
  const { value, mistake } = typedNumber(text);
  return { row: having(register, "initial", value), mistake };
}

const columns = (live) => [
  {
    key: "live",
    label: t("tags.value"),
    width: 8,
    kind: "number",
    readonly: true,
    pointer: ["value"],
    help: t("grid.live_help"),
    show: (register) => {
      const now = live(register);
      return now ? valueText(now.value) : "";
    },
  },
  textColumn("name", {
    width: 14,
    pinned: true,
    fill: (_, by, first) => [...Array(by)].reduce((name) => freshName(name, [name]), first),
  }),
  choiceColumn(
    "type",
    TYPES.filter((type) => !type.startsWith("bcd")),
  ),
  {
    key: "initial",
    label: t("field.initial"),
    width: 9,
    pointer: ["initial"],
    put: putInitial,
    help: "",
    show: ({ initial }) =>
      typeof initial === "boolean"
        ? t(initial ? "word.on" : "word.off")
        : initial === undefined || initial === null
          ? ""
          : String(initial),
  },
  boolColumn("keep", { width: 7 }),
  textColumn("unit", { width: 7 }),
  textColumn("description", { width: 20 }),
];

async function main() {
  const config = await ConfigDocument.load();
  const watch = new TagWatch();
  const place = h("div", { class: "grid-place" });
  $("#editor").append(place);
  const model = new GridModel({
    columns: columns((register) => watch.known.get(`internal/${register.name}`)),
    rows: config.read("/internal") ?? [],
    next: (previous, rows) => ({
      name: freshName(
        previous?.name ?? "register1",
        rows.map(({ name }) => name ?? ""),
      ),
      type: previous?.type ?? "u16",
    }),
  });
  const sentence = (at) =>
    config
      .problemsAt(at)
      .map(({ detail }) => detail)
      .join(" ") || null;
  const grid = new Grid(place, model, {
    label: t("nav.internal"),
    problem: (row, column) => sentence(pointers.join("/internal", row, ...model.columns[column].pointer)),
    rowProblem: (row) => sentence(pointers.join("/internal", row)),
    visible: (first, last) => watch.watch(model.rows.slice(first, last + 1).map(({ name }) => `internal/${name}`)),
  });
  let before = model.rows;
  model.addEventListener("changed", () => {
    renameTag(config, "internal", before, model.rows);
    before = model.rows;
    config.local.clear();
    for (const { row, key, sentence: wrong } of model.mistakes())
      config.local.set(pointers.join("/internal", row, key), wrong);
    const same = model.rows.length === 0 && config.base.internal === undefined;
    config.set("/internal", same ? undefined : model.rows);
  });
  watch.addEventListener("values", () => grid.repaint());
  config.addEventListener("checked", () => grid.repaint());
  config.addEventListener("loaded", () => {
    before = config.read("/internal") ?? [];
    model.replace(before);
  });
  saveBar(config, {
    jump: (pointer) => {
      const [, row, key] = pointers.parts(pointer);
      grid.focus(
        Number(row ?? 0),
        Math.max(
          1,
          model.columns.findIndex((one) => one.key === key),
        ),
      );
    },
  });
}

main().catch(failedToLoad);
