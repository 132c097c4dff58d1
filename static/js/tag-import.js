// The dialog that takes tags from a file: what was found in it, what may be meant differently, and what would become of it.

import { request } from "./api.js";
import { $, fill, freshId, h, mark } from "./dom.js";
import { dialog } from "./dialog.js";
import { count, maybe, t, word } from "./i18n.js";
import * as modicon from "./modicon.js";

const COLUMNS = [
  "name",
  "description",
  "table",
  "address",
  "type",
  "order",
  "bit",
  "length",
  "gain",
  "offset",
  "raw_low",
  "raw_high",
  "low",
  "high",
  "unit",
  "deadband",
  "invalid",
  "writable",
  "write_min",
  "write_max",
  "poll_ms",
  "enabled",
  "id",
  "scaling",
  "negate",
];
const CHOICES = {
  encoding: ["utf-8", "cp949", "windows-1252", "utf-16le", "utf-16be"],
  separator: ["comma", "semicolon", "tab"],
  addressing: ["0-based", "1-based", "reference"],
  table: ["holding", "input", "coil", "discrete"],
};
const STORE = "dinrail.tag-files";
const REMEMBERED = 20;

/** What was chosen for files with the same titles, so that the second file of a kind asks nothing. Which part, and in
 *  which line the titles stand, is each file's own. */
function remembered() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) ?? {};
  } catch {
    return {};
  }
}

function remember(kind, { part: _part, header: _header, ...choices }) {
  const { [kind]: _, ...others } = remembered();
  const kept = Object.entries(others).slice(1 - REMEMBERED);
  try {
    localStorage.setItem(STORE, JSON.stringify(Object.fromEntries([...kept, [kind, choices]])));
  } catch {
    // A browser that keeps nothing asks again.
  }
}

const kindOf = ({ format, columns }) => `${format}:${columns.map(({ title }) => title).join("|")}`.slice(0, 500);

/** `40001 = holding 0`: both ways of naming, so that nobody is off by one. */
const placeText = (tag) =>
  `${modicon.reference(tag.table, tag.address)} = ${tag.table} ${tag.address}${tag.bit === undefined ? "" : `.${tag.bit}`}`;

/**
 * Asks for a file and shows what it would bring to the device `name`, whose tags are now `current`; answers the tags the
 * device would have, or null.
 */
export function importTags({ name, current }) {
  let file = null;
  let choices = {};
  let view = null;
  let merged = null;
  let round = 0;
  const result = h("div", { class: "tag-file", "aria-live": "polite" });
  const summary = h("p", { class: "tag-file-sum", role: "status" }, t("tagfile.hint"));
  const input = h("input", {
    type: "file",
    id: freshId("tag-file"),
    accept: ".csv,.tsv,.txt,.xlsx,.toml,.conf",
    on: {
      change: () => {
        [file] = input.files;
        choices = {};
        look({ recall: true });
      },
    },
  });
  const modes = h(
    "select",
    { id: freshId("tag-mode"), on: { change: () => join() } },
    ["merge", "replace"].map((mode) => h("option", { value: mode }, word("tagfile_mode", mode))),
  );

  const body = [
    h(
      "div",
      { class: "fields" },
      h("div", { class: "field" }, h("label", { for: input.id }, t("tagfile.file")), input),
      h("div", { class: "field" }, h("label", { for: modes.id }, t("tagfile.mode")), modes),
    ),
    summary,
    result,
  ];

  /** Sends the file with what was chosen; an answer that comes after a newer question is dropped. */
  async function look({ recall = false } = {}) {
    const mine = ++round;
    view = null;
    merged = null;
    if (!file) return;
    // What was said of another file, or of other choices, is past.
    for (const trouble of box?.querySelectorAll(".error") ?? []) trouble.hidden = true;
    fill(summary, t("import.checking"));
    try {
      const { data } = await request("POST", "/import/tags", {
        body: file,
        type: "application/octet-stream",
        query: { ...choices, device: name },
      });
      if (mine !== round) return;
      const before = recall && remembered()[kindOf(data)];
      if (before && Object.keys(before).length) {
        choices = before;
        return void look();
      }
      view = data;
      show();
      await join();
    } catch (error) {
      if (mine !== round) return;
      fill(result);
      fill(summary, mark("bad"), " ", error.message);
    }
  }

  /** What the device would have. */
  async function join() {
    merged = null;
    if (!view) return;
    if (view.errors) return void fill(summary, mark("bad"), " ", t("tagfile.errors", { n: count(view.errors) }));
    const mine = round;
    const { data } = await request("POST", "/import/merge", {
      body: { current, tags: view.tags, members: view.members, mode: modes.value },
    });
    if (mine !== round) return;
    merged = data;
    const { added, changed, same, removed } = data;
    const numbers = { added: count(added), changed: count(changed), same: count(same), removed: count(removed) };
    fill(summary, mark("good"), " ", t("tagfile.sum", numbers));
  }

  function choice(key, value, options, shown = (option) => option) {
    const id = freshId("tag-choice");
    const select = h(
      "select",
      { id, on: { change: () => choose(key, select.value) } },
      options.map((option) => h("option", { value: option, ".selected": option === value }, shown(option))),
    );
    return h("div", { class: "field" }, h("label", { for: id }, word("tagfile_choice", key)), select);
  }

  function choose(key, value) {
    // Another part, encoding or separator may have other columns.
    if (["part", "encoding", "separator", "header"].includes(key)) delete choices.columns;
    choices = { ...choices, [key]: value };
    look();
  }

  function headerChoice() {
    const id = freshId("tag-header");
    const number = h("input", {
      id,
      type: "number",
      min: 0,
      value: view.header,
      on: { change: () => choose("header", number.value || "0") },
    });
    return h("div", { class: "field" }, h("label", { for: id }, word("tagfile_choice", "header")), number);
  }

  function show() {
    const own = view.format === "modpoll" || view.format === "telegraf";
    const of = new Map();
    for (const one of view.problems) of.set(one.row, [...(of.get(one.row) ?? []), one]);
    const whole = of.get(null) ?? [];
    fill(
      result,
      h(
        "div",
        { class: "fields" },
        h("div", { class: "field" }, h("span", {}, word("tagfile_choice", "format")), word("tagfile_format", view.format)),
        view.parts.length > 1 && choice("part", view.part, view.parts),
        view.encoding && choice("encoding", view.encoding, CHOICES.encoding),
        view.separator && !own && choice("separator", view.separator, CHOICES.separator, (one) => word("tagfile_separator", one)),
        !own && headerChoice(),
        choice("addressing", view.addressing, CHOICES.addressing, (one) => word("tagfile_addressing", one)),
        choice("table", view.table, CHOICES.table),
      ),
      whole.length > 0 && h("ul", { class: "problems" }, whole.map((one) => h("li", {}, sign(one), " ", one.detail))),
      h(
        "div",
        { class: "tag-file-grid", role: "region", "aria-label": t("tagfile.preview"), tabindex: 0 },
        h(
          "table",
          { class: "compact" },
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              h("th", { scope: "col" }, t("tagfile.line")),
              h("th", { scope: "col" }, t("tagfile.becomes")),
              view.columns.map((column, index) => h("th", { scope: "col" }, mapping(column, index))),
            ),
          ),
          h(
            "tbody",
            {},
            view.rows.map((row) => line(row, of.get(row.index) ?? [])),
          ),
        ),
      ),
      view.total > view.rows.length &&
        h("p", { class: "hint" }, t("tagfile.more", { shown: count(view.rows.length), total: count(view.total) })),
    );
  }

  /** The title of a column, and what it is taken for. */
  function mapping({ title, column }, index) {
    const select = h(
      "select",
      {
        "aria-label": t("tagfile.meaning", { column: title || index + 1 }),
        on: {
          change: () => {
            const columns = view.columns.map((one) => one.column ?? "");
            columns[index] = select.value;
            choose("columns", columns.join(","));
          },
        },
      },
      h("option", { value: "" }, t("tagfile.unused")),
      COLUMNS.map((one) => h("option", { value: one, ".selected": one === column }, columnName(one))),
    );
    return [h("span", { class: "tag-file-title" }, title || String(index + 1)), select];
  }

  const columnName = (column) => maybe("tagfile_column", column) ?? word("field", column);

  function line({ index, line: number, cells, tag }, problems) {
    const rest = problems.filter(({ column }) => column === null);
    return h(
      "tr",
      {},
      h("th", { scope: "row", class: "number" }, number),
      h(
        "td",
        {},
        tag ? h("b", {}, tag.name) : [mark("bad"), " ", t("tagfile.no_tag")],
        tag && h("div", { class: "hint" }, `${placeText(tag)} · ${tag.type}${tag.order ? ` ${tag.order}` : ""}`),
        rest.map(remark),
      ),
      view.columns.map((_, column) => {
        const own = problems.filter((one) => one.column === column);
        const worst = own.some(({ severity }) => severity === "error") ? "cell-bad" : own.length ? "cell-doubt" : null;
        return h("td", { class: worst }, cells[column] ?? "", own.map(remark));
      }),
    );
  }

  const sign = ({ severity }) => mark(severity === "error" ? "bad" : "uncertain");
  const remark = (one) => h("div", { class: "tag-file-remark" }, sign(one), " ", one.detail);

  const done = dialog({
    title: t("tagfile.import_title", { name }),
    wide: true,
    body,
    actions: [
      {
        label: t("tagfile.take"),
        primary: true,
        act: () => {
          if (!view) throw new Error(t("tagfile.no_file"));
          if (!merged) throw new Error(t("tagfile.errors", { n: count(view.errors) }));
          remember(kindOf(view), choices);
          return merged;
        },
      },
    ],
  });
  const box = $(".dialog:last-of-type");
  box?.classList.add("tag-file-dialog");
  for (const event of ["dragover", "drop"]) {
    box?.addEventListener(event, (dropped) => {
      if (![...dropped.dataTransfer.types].includes("Files")) return;
      dropped.preventDefault();
      if (event === "drop") {
        [file] = dropped.dataTransfer.files;
        choices = {};
        look({ recall: true });
      }
    });
  }
  return done;
}
