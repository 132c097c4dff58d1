// The rack: modules in their slots, live; for administrators also their editor.

import { freshName, withoutIds } from "./collection.js";
import { request } from "./api.js";
import { complain, confirm, notice } from "./dialog.js";
import { ConfigDocument } from "./document.js";
import { $, debounce, fill, h, healthSign } from "./dom.js";
import { failedToLoad } from "./editor.js";
import { t } from "./i18n.js";
import { live } from "./live.js";
import { ModuleDetail } from "./modules-detail.js";
import { freshDriver, portNames } from "./modules-drivers.js";
import { RackEdits } from "./modules-edits.js";
import { RackWatch, Running } from "./modules-live.js";
import { pickRemote } from "./modules-pick.js";
import { Held, Rack } from "./modules-rack.js";
import * as pointers from "./pointer.js";
import { safeModePanel, safeModeTest } from "./safe-mode.js";
import { saveBar } from "./savebar.js";

const { role } = document.documentElement.dataset;
const admin = role === "admin";

async function main() {
  const config = await ConfigDocument.load();
  const catalogue = JSON.parse($("#rack").dataset.catalogue);
  const watch = new RackWatch();
  const running = new Running(config);
  const chosen = {};
  const modules = () => config.read("/modules") ?? [];
  const unit = (stored) => (live.status?.units ?? []).find(({ kind, name }) => kind === "module" && name === stored?.name);

  const rack = new Rack($("#rack"), {
    catalogue,
    running,
    watch,
    may: admin,
    health: (stored) => healthSign(unit(stored)?.health),
    choose: (module, channel) => choose(module, channel),
    add: (slot) => insert({ name: "module1", slot, model: "di-16", driver: freshDriver("simulated"), channels: [] }),
  });
  const held = new Held($("#held"), { watch, end: role === "viewer" ? null : endForces });
  const detail = new ModuleDetail($("#editor"), { catalogue, config, running, watch, role, choose, remove, duplicate, unit });

  function choose(module, channel, { lead = true } = {}) {
    Object.assign(chosen, { module, channel });
    const one = modules()[module];
    const part = one?.channels?.find((channel) => Number(channel.channel) === chosen.channel)?.name;
    const names = [one?.name, part].filter((name) => name !== undefined);
    if (one && lead) history.replaceState(null, "", `#${names.map(encodeURIComponent).join("/")}`);
    draw();
    detail.show(chosen);
    if (one && lead) detail.lead();
  }

  function draw() {
    rack.draw(modules(), chosen);
  }

  function fromHash() {
    const [name, part] = location.hash.slice(1).split("/").map(decodeURIComponent);
    const found = modules().findIndex((module) => module.name === name);
    const index = found >= 0 ? found : Math.min(chosen.module ?? 0, Math.max(0, modules().length - 1));
    const number = modules()[index]?.channels?.find((channel) => channel.name === part)?.channel;
    choose(index, found >= 0 ? number : undefined, { lead: false });
  }

  const taken = () => [...(config.read("/devices") ?? []), ...modules()].map(({ name }) => name ?? "");
  function insert(module) {
    const next = [...modules(), { ...module, name: freshName(module.name, taken()) }].sort((a, b) => a.slot - b.slot);
    const at = next.findIndex(({ slot }) => slot === module.slot);
    config.set("/modules", next);
    choose(at);
    detail.focus(pointers.join("/modules", at, "name"));
    document.activeElement?.select?.();
  }

  /** The first empty slot; says so where there is none. */
  function emptySlot() {
    const used = new Set(modules().map(({ slot }) => slot));
    const slot = Array.from({ length: catalogue.slots }, (_, at) => at + 1).find((one) => !used.has(one));
    if (slot === undefined) notice(t("module.full", { n: catalogue.slots }), { bad: true });
    return slot;
  }

  function duplicate(index) {
    const slot = emptySlot();
    if (slot !== undefined) insert({ ...withoutIds(structuredClone(modules()[index])), slot });
  }

  async function addRemote() {
    const slot = emptySlot();
    if (slot === undefined) return;
    const module = await pickRemote({ catalogue, ports: portNames(config), slot });
    if (module) insert(module);
  }

  async function remove(index) {
    const { name } = modules()[index];
    if (!(await confirm(t("editor.delete_title", { name }), t("module.delete_text"), t("editor.delete")))) return;
    const left = modules().filter((_, other) => other !== index);
    config.set("/modules", left.length ? left : undefined);
    choose(Math.max(0, index - 1));
  }

  async function endForces(names) {
    const groups = new Set(names.map((name) => name.slice(0, name.indexOf("/"))));
    try {
      await Promise.all([...groups].map((name) => request("DELETE", `/modules/${encodeURIComponent(name)}/forces`)));
      notice(t("module.all_ended"));
    } catch (error) {
      complain(error);
    }
  }

  /** What runs is watched, whatever is being edited. */
  function follow() {
    watch.watch(config.base.modules ?? []);
    held.show();
  }

  const edits = new RackEdits(config, catalogue);
  // Names are followed once they are typed, not letter by letter.
  $("#editor").addEventListener("change", () => edits.followNames());

  // Which fields there are depends on these: the forms are built anew.
  const shapes = () => JSON.stringify(modules().map(({ model, driver }) => [model, driver?.kind]));
  let shape = shapes();
  // A field that is being typed in must not go.
  const redraw = debounce(() => {
    draw();
    detail.showTable();
  }, 150);
  config.addEventListener("changed", ({ detail: { pointer } }) => {
    const moved = edits.followed(pointer, chosen.channel);
    if (moved !== undefined) chosen.channel = moved;
    const now = shapes();
    if (now !== shape || moved !== undefined) rebuild();
    else detail.refresh();
    shape = now;
    redraw();
  });
  function rebuild() {
    const at = document.activeElement?.closest("[data-pointer]")?.dataset.pointer;
    detail.show(chosen);
    if (at) detail.focus(at);
  }
  config.addEventListener("checked", () => {
    detail.showProblems();
    redraw();
  });
  config.addEventListener("loaded", () => {
    edits.begin();
    shape = shapes();
    follow();
    choose(Math.max(0, Math.min(chosen.module ?? 0, modules().length - 1)), chosen.channel, { lead: false });
  });

  let safe = "";
  /** Above the rack while the safe mode is active; an alarm is drawn once, not with every status. */
  function showSafeMode(now) {
    if (JSON.stringify(now) === safe) return;
    safe = JSON.stringify(now);
    fill($("#safe-mode"), safeModePanel(now));
    fill($("#safe-mode-test"), now && !now.active && safeModeTest());
    held.quiet = Boolean(now?.active);
    held.show();
  }

  const healths = () => (config.base.modules ?? []).map((module) => unit(module)?.health).join();
  let shown = null;
  function follows(status) {
    detail.showState();
    showSafeMode(status.safe_mode);
    // A rack that is drawn anew each second is hard to click.
    const now = healths();
    if (now !== shown) redraw();
    shown = now;
    // Another configuration may have other modules; what is being edited here is not thrown away.
    if (status.revision !== undefined && config.etag !== `"${status.revision}"` && !config.dirty) config.reload().catch(complain);
  }
  live.addEventListener("status", ({ detail: status }) => follows(status));
  addEventListener("hashchange", fromHash);
  follow();
  fromHash();
  if (live.status) follows(live.status);
  if (admin) {
    const remote = () => addRemote().catch(complain);
    fill($("#rack-tools"), h("button", { type: "button", id: "add-remote", on: { click: remote } }, t("module.remote")));
    saveBar(config, {
      jump: (pointer) => {
        const [, index, member, at, entry] = pointers.parts(pointer);
        if (index === undefined) return;
        const entries = member === "channels" ? modules()[index]?.channels : modules()[index]?.driver?.[at];
        const channel = (Array.isArray(entries) ? entries[member === "channels" ? at : entry] : undefined)?.channel;
        choose(Number(index), channel ?? (Number(index) === chosen.module ? chosen.channel : undefined), { lead: false });
        detail.focus(pointer);
      },
    });
  }
}

main().catch(failedToLoad);
