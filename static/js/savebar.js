// The bar under every editor: what is unsaved, what is wrong, what applying would do; then apply, or not.

import { $, debounce, fill, h, mark } from "./dom.js";
import { t, word } from "./i18n.js";
import { complain, confirm, dialog, notice } from "./dialog.js";
import * as pointers from "./pointer.js";

const SHOWN_CHANGES = 60;
/** How long a change on trial waits to be kept, in seconds. */
const TRIAL_S = 60;

/** Which page edits a top-level member. */
const PAGE_OF = {
  ports: "ports",
  devices: "devices",
  modules: "modules",
  internal: "internal",
  modbus_server: "modbus-server",
  snmp: "snmp",
  computed: "computed",
  appliance: "settings",
  web: "settings",
  certificates: "certificates",
  access: "access",
};
function pageOf(pointer) {
  const [top, second] = pointers.parts(pointer);
  if (top === "mqtt") return second === "broker" ? "broker" : "mqtt";
  return PAGE_OF[top] ?? "configuration";
}

/** The plan in one sentence for each thing that happens. */
export function planSentences(plan) {
  const { start = [], stop = [], update = [] } = plan;
  const restart = stop.filter((name) => start.includes(name));
  // Some units have no name but their kind.
  const names = (list) => list.map((name) => word("unit_name", name)).join(", ");
  const lines = [];
  const say = (key, list) => list.length && lines.push(t(key, { units: names(list) }));
  say("plan.update", update);
  say("plan.restart", restart);
  say(
    "plan.start",
    start.filter((name) => !restart.includes(name)),
  );
  say(
    "plan.stop",
    stop.filter((name) => !restart.includes(name)),
  );
  if (!restart.length && !stop.length) lines.push(t(lines.length ? "plan.nothing_restarts" : "plan.nothing"));
  return lines;
}

const shown = (value) => {
  if (value === undefined) return t("diff.absent");
  if (isObject(value)) return value.name ?? JSON.stringify(value).slice(0, 120);
  return JSON.stringify(value);
};

const isObject = (value) => value !== null && typeof value === "object";

function change(before, after) {
  if (before === undefined && isObject(after)) return h("ins", {}, t("diff.added"));
  if (after === undefined && isObject(before)) return h("del", {}, t("diff.removed"));
  return [h("del", {}, shown(before)), " → ", h("ins", {}, shown(after))];
}

/** A list of changes for reading. */
export function changeList(list) {
  const rows = list
    .slice(0, SHOWN_CHANGES)
    .map(({ path, before, after }) =>
      h("li", {}, h("span", { class: "change-path" }, path.join(" › ")), " ", change(before, after)),
    );
  return h(
    "div",
    { class: "changes" },
    h("ul", {}, rows),
    list.length > SHOWN_CHANGES && h("p", { class: "hint" }, t("diff.more", { n: list.length - SHOWN_CHANGES })),
  );
}

export function saveBar(config, { jump } = {}) {
  const bar = $("#savebar");
  const say = h("p", { class: "savebar-text", role: "status" });
  const list = h("ul", { class: "savebar-problems" });
  const discard = h("button", { type: "button", on: { click: leave } }, t("save.discard"));
  const apply = h("button", { type: "button", class: "primary", on: { click: review } }, t("save.review"));
  const trial = h("input", { type: "checkbox", id: "on-trial", on: { change: () => onTrial(trial.checked) } });
  const choice = h("label", { class: "check-line", for: "on-trial" }, trial, t("trial.choose", { n: TRIAL_S }));
  fill(bar, h("div", { class: "savebar-main" }, say, h("div", { class: "savebar-actions" }, choice, discard, apply)), list);

  // What would lock this browser out is no mistake on trial, so the document is looked at again.
  function onTrial(chosen) {
    config.confirmWithin = chosen ? TRIAL_S : null;
    config.check().catch(complain);
  }

  function show() {
    const dirty = config.dirty;
    bar.hidden = !dirty;
    trial.checked = config.confirmWithin !== null;
    if (!dirty) return;
    const number = config.changes(1000).length;
    const trouble = config.problemsAt("");
    const text = [t("save.unsaved", { n: number })];
    if (config.stale) text.push(t("http.412"));
    if (config.plan && !trouble.length) text.push(...planSentences(config.plan));
    fill(say, text.join(" "));
    fill(
      list,
      trouble.slice(0, 5).map(({ pointer, detail }) => h("li", {}, mark("bad"), link(pointer), " ", detail)),
      config.warnings
        .slice(0, 5)
        .map(({ pointer, detail }) => h("li", {}, mark("uncertain"), link(pointer), " ", detail)),
      trouble.length > 5 && h("li", {}, t("save.more_problems", { n: trouble.length - 5 })),
    );
  }

  // A large document takes a while to compare; typing does not wait for it.
  const later = debounce(show, 120);

  function link(pointer) {
    const text = describe(pointer);
    const page = pageOf(pointer);
    if (page === document.documentElement.dataset.page && jump) {
      return h("button", { type: "button", class: "link", on: { click: () => jump(pointer) } }, text);
    }
    return h("b", {}, text);
  }

  /** `devices › meter1 › tags › voltage › address`: names where there are names. */
  function describe(pointer) {
    let at = "";
    const words = [];
    for (const part of pointers.parts(pointer)) {
      at = pointers.join(at, part);
      words.push(/^\d+$/.test(part) ? config.read(at)?.name || Number(part) + 1 : part);
    }
    return words.join(" › ") || t("save.document");
  }

  async function leave() {
    if (await confirm(t("save.discard"), t("save.discard_sure"), t("save.discard"))) config.discard();
  }

  async function review() {
    try {
      await config.check();
    } catch (error) {
      if (error.status === 412) return conflict();
      return complain(error);
    }
    if (config.problemsAt("").length) {
      const [{ pointer }] = config.problemsAt("");
      notice(t("save.mend_first"), { bad: true });
      if (pageOf(pointer) === document.documentElement.dataset.page) jump?.(pointer);
      return;
    }
    let clash = false;
    const done = await dialog({
      title: t("save.review_title"),
      wide: true,
      body: [
        h("h3", {}, t("save.what_happens")),
        h("ul", { class: "plan" }, config.plan ? planSentences(config.plan).map((line) => h("li", {}, line)) : []),
        h("h3", {}, t("save.what_changes")),
        changeList(config.changes()),
      ],
      actions: [
        {
          label: t("save.apply"),
          primary: true,
          act: () =>
            config.save().catch((error) => {
              if (error.status !== 412) throw error;
              clash = true;
              return false;
            }),
        },
      ],
    });
    if (clash) return conflict();
    if (done?.cutOff) {
      notice(t("trial.unreachable", { n: TRIAL_S }), { bad: true });
    } else if (done) {
      notice(t("save.saved", { revision: done.revision }), {
        action: config.previous && { label: t("save.undo"), act: undo },
      });
    }
  }

  async function undo() {
    try {
      await config.undoSave();
      notice(t("save.undone"));
    } catch (error) {
      complain(error.status === 412 ? new Error(t("save.undo_late")) : error);
    }
  }

  async function conflict() {
    let newer;
    try {
      newer = await config.newer();
    } catch (error) {
      return complain(error);
    }
    const choice = await dialog({
      title: t("conflict.title"),
      wide: true,
      body: [
        h("p", {}, t("conflict.text")),
        h("h3", {}, t("conflict.theirs")),
        changeList(newer.theirs),
        h("h3", {}, t("conflict.mine")),
        changeList(config.changes()),
      ],
      actions: [
        { label: t("conflict.reload"), act: () => "reload" },
        { label: t("conflict.adopt"), primary: true, act: () => "adopt" },
      ],
    });
    if (choice === "reload") await config.reload().catch(complain);
    if (choice === "adopt") {
      const clashes = config.adopt(newer);
      notice(
        clashes.length
          ? t("conflict.both", { places: clashes.map((path) => path.join(" › ")).join("; ") })
          : t("conflict.merged"),
      );
    }
  }

  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      document.activeElement?.blur?.();
      if (config.dirty) review();
    }
  });
  for (const name of ["changed", "checked", "loaded"]) config.addEventListener(name, later);
  show();
}
