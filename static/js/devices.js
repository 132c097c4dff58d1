// The editor of Modbus devices, each with the grid of its tags.

import { Collection } from "./collection.js";
import { complain, notice } from "./dialog.js";
import { equal } from "./diff.js";
import { ConfigDocument } from "./document.js";
import { $, h } from "./dom.js";
import { failedToLoad, withState } from "./editor.js";
import { Form } from "./form.js";
import { Grid } from "./grid.js";
import { GridModel } from "./grid-model.js";
import { t } from "./i18n.js";
import { live } from "./live.js";
import { Needs } from "./needs.js";
import * as pointers from "./pointer.js";
import { pickProfile } from "./profile-pick.js";
import { renameGroup, renameTag } from "./rename.js";
import { saveBar } from "./savebar.js";
import { nextTag, tagColumns } from "./tag-columns.js";
import { exportTags } from "./tag-export.js";
import { importTags } from "./tag-import.js";
import { TagWatch } from "./watch.js";

const sections = (ports) => [
  {
    fields: [
      { key: "name", required: true },
      { key: "port", kind: "select", words: "none", options: ports, required: true },
      { key: "unit_id", kind: "number", min: 0, max: 255, required: true },
      { key: "poll_ms", kind: "number", def: 1000, min: 0, max: 3600000 },
      { key: "description", kind: "prose" },
      { key: "enabled", kind: "check", def: true },
    ],
  },
  {
    title: "section.device_more",
    folded: true,
    fields: [
      { key: "order", kind: "select", options: ["ABCD", "CDAB", "BADC", "DCBA"], def: "ABCD" },
      { key: "max_read_registers", kind: "number", def: 125, min: 1, max: 125 },
      { key: "max_read_bits", kind: "number", def: 2000, min: 1, max: 2000 },
      { key: "max_write_registers", kind: "number", def: 123, min: 1, max: 123 },
      { key: "write_function", kind: "select", options: ["auto", "single", "multiple"], def: "auto" },
      { key: "timeout_ms", kind: "auto", def: "auto", min: 10, max: 120000, unit: "ms" },
      { key: "min_gap_ms", kind: "number", def: 0, min: 0, max: 10000, unit: "ms" },
      { key: "verify_writes", kind: "check", def: false },
      { key: "profile" },
    ],
  },
];

async function main() {
  const config = await ConfigDocument.load();
  const watch = new TagWatch();
  let form;
  let grid;
  let own = false;

  const list = new Collection($("#editor"), {
    config,
    pointer: "/devices",
    title: "nav.devices",
    addLabel: "devices.add",
    emptyLabel: "devices.empty",
    deleteText: "devices.delete_text",
    summary: (device) =>
      t("devices.summary", { port: device.port || "–", unit: device.unit_id ?? "–", n: device.tags?.length ?? 0 }),
    state: deviceState(() => list.showList()),
    names: () => [...(config.read("/devices") ?? []), ...(config.read("/modules") ?? [])].map(({ name }) => name),
    make: (devices) => ({
      name: "device1",
      port: devices.at(-1)?.port ?? config.read("/ports/0/name") ?? "",
      unit_id: nextUnit(devices),
      tags: [],
    }),
    more: { label: t("devices.from_profile"), act: () => fromProfile().catch(complain) },
    show,
  });

  async function fromProfile() {
    await pickProfile({
      ports: (config.read("/ports") ?? []).map(({ name }) => name),
      unit: nextUnit(config.read("/devices") ?? []),
      clean: !config.dirty,
      add: async (device, now) => {
        list.add(device);
        if (!now) return;
        try {
          const { revision } = await config.save();
          notice(t("save.saved", { revision }));
        } catch (error) {
          // The device is in the editor all the same; the bar below says what is wrong with it.
          complain(error);
        }
      },
    });
  }

  function show(body, pointer, device) {
    const place = h("div", {});
    const table = h("div", { class: "grid-place" });
    const button = (label, click) => h("button", { type: "button", on: { click } }, t(label));
    const head = h("div", { class: "detail-head" }, h("h3", {}, t("devices.tags")), [
      h("div", { class: "detail-actions" }, button("tagfile.import", takeFile), button("tagfile.export", giveFile)),
    ]);
    const needs = h("div", { class: "needs" });
    body.append(place, needs, head, table);
    form = new Form(place, config, pointer, sections((config.read("/ports") ?? []).map(({ name }) => name)));
    new Needs(
      needs,
      config,
      () => list.chosen?.port,
      () => list.chosen?.name,
    );
    let known = device.name;
    place.addEventListener("change", () => {
      const { name } = list.chosen;
      if (name !== known) renameGroup(config, known, name);
      known = name;
    });
    const tags = pointers.join(pointer, "tags");
    const model = new GridModel({
      columns: tagColumns((tag) => watch.known.get(`${list.chosen?.name}/${tag.name}`)),
      rows: device.tags ?? [],
      next: nextTag,
    });
    const sentence = (at) =>
      config
        .problemsAt(at)
        .map(({ detail }) => detail)
        .join(" ") || null;
    grid = new Grid(table, model, {
      label: t("devices.tags_of", { name: device.name }),
      problem: (row, column) => sentence(pointers.join(tags, row, ...model.columns[column].pointer)),
      rowProblem: (row) => sentence(pointers.join(tags, row)),
      visible: (first, last) =>
        watch.watch(model.rows.slice(first, last + 1).map((tag) => `${list.chosen?.name}/${tag.name}`)),
    });
    async function takeFile() {
      const merged = await importTags({ name: list.chosen.name, current: model.rows });
      if (!merged) return;
      // Rows that moved are no renamed ones; a row found by its id may be one.
      const known = new Map(model.rows.filter(({ id }) => id !== undefined).map((tag) => [tag.id, tag]));
      before = merged.tags.map((tag) => known.get(tag.id) ?? tag);
      model.set(merged.tags);
      notice(t("tagfile.taken"));
    }
    function giveFile() {
      const { id, name } = list.chosen;
      const stored = config.base.devices?.find((one) => one.id === id && id !== undefined);
      if (!stored) return notice(t("tagfile.apply_first"), { bad: true });
      exportTags({ name: stored.name, unsaved: stored.name !== name || !equal(stored, list.chosen) });
    }
    let before = model.rows;
    model.addEventListener("changed", () => {
      renameTag(config, list.chosen.name, before, model.rows);
      before = model.rows;
      config.local.clear();
      for (const { row, key, sentence: wrong } of model.mistakes()) {
        const column = model.columns.find((one) => one.key === key);
        config.local.set(pointers.join(tags, row, ...column.pointer), wrong);
      }
      own = true;
      config.set(tags, model.rows);
      own = false;
    });
  }

  watch.addEventListener("values", () => grid?.repaint());
  config.addEventListener("changed", () => {
    if (!own) list.refresh();
    else list.showList();
  });
  config.addEventListener("checked", () => {
    list.showList();
    form?.showProblems();
    grid?.repaint();
  });
  config.addEventListener("loaded", () => {
    const standing = grid?.standing;
    list.reload();
    if (standing) grid?.resume(standing);
  });
  list.begin();
  saveBar(config, {
    jump: (pointer) => {
      const [, index, member, row, key] = pointers.parts(pointer);
      if (index === undefined) return;
      if (Number(index) !== Number(pointers.parts(list.pointer)[1])) list.choose(Number(index));
      if (member !== "tags" || row === undefined) return void form?.focus(pointer);
      const column = grid.model.columns.findIndex(
        (one) => !one.readonly && one.pointer[0] === key && one.key !== "reference",
      );
      grid.focus(Number(row), Math.max(column, 2));
    },
  });
}

/** The unit id after the highest in use. */
const nextUnit = (devices) => Math.min(247, Math.max(0, ...devices.map(({ unit_id }) => unit_id || 0)) + 1);

/** Devices are no units: whether one answers stands in its line's details. */
function deviceState(changed) {
  withState("line", changed);
  let last = "";
  const devices = () => (live.status?.units ?? []).flatMap((unit) => unit.detail?.devices ?? []);
  live.addEventListener("status", () => {
    const now = devices()
      .map(({ name, online }) => name + online)
      .join();
    if (now !== last) changed();
    last = now;
  });
  return ({ name }) => {
    const device = devices().find((one) => one.name === name);
    return device ? (device.online ? "good" : "bad") : "idle";
  };
}

main().catch(failedToLoad);
