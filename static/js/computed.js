// The editor of computed tags: list and form, and what the expression gives now.

import { Collection } from "./collection.js";
import { ConfigDocument } from "./document.js";
import { $, h } from "./dom.js";
import { failedToLoad } from "./editor.js";
import { ExpressionValue } from "./expression.js";
import { Form } from "./form.js";
import { t } from "./i18n.js";
import * as pointers from "./pointer.js";
import { renameTag } from "./rename.js";
import { saveBar } from "./savebar.js";
import { deadbandText, parseDeadband } from "./tag-columns.js";

const SECTIONS = [
  {
    fields: [
      { key: "name", required: true },
      { key: "type", kind: "select", words: "none", options: ["f64", "bool", "string"], def: "f64" },
      {
        key: "expression",
        kind: "area",
        rows: 4,
        wide: true,
        sample: "meter1.voltage * meter1.current",
        required: true,
      },
      { key: "unit" },
      {
        key: "deadband",
        show: deadbandText,
        parse: parseDeadband,
        when: ({ type = "f64" }) => type === "f64",
      },
      { key: "description", kind: "prose" },
      { key: "enabled", kind: "check", def: true },
    ],
  },
];

async function main() {
  const config = await ConfigDocument.load();
  let form = null;
  let value = null;
  const list = new Collection($("#editor"), {
    config,
    pointer: "/computed",
    title: "nav.computed",
    addLabel: "computed.add",
    emptyLabel: "computed.empty",
    summary: ({ expression }) => expression ?? "",
    make: () => ({ name: "computed1", expression: "" }),
    show: (body, pointer) => {
      const [left, right] = [h("div", {}), h("div", { class: "preview" })];
      body.append(h("div", { class: "with-preview" }, left, right));
      form = new Form(left, config, pointer, SECTIONS);
      value = new ExpressionValue(right, () => config.read(pointers.join(pointer, "expression")), {
        empty: t("expression.waits"),
      });
    },
  });
  const rows = () => (config.read("/computed") ?? []).map((tag) => ({ ...tag }));
  let before = rows();
  config.addEventListener("changed", () => {
    const now = rows();
    renameTag(config, "computed", before, now);
    before = now;
    list.refresh();
    value?.later();
  });
  config.addEventListener("checked", () => {
    list.showList();
    form?.showProblems();
  });
  config.addEventListener("loaded", () => {
    before = rows();
    list.reload();
  });
  list.begin();
  saveBar(config, {
    jump: (pointer) => {
      const [, index] = pointers.parts(pointer);
      if (index === undefined) return;
      if (Number(index) !== Number(pointers.parts(list.pointer)[1])) list.choose(Number(index));
      form?.focus(pointer);
    },
  });
}

main().catch(failedToLoad);
