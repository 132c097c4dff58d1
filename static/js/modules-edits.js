// What follows from an edit of the rack elsewhere in the document: names that others use, members that go with a kind.

import { freshDriver, hardwareList, keepDriver, keepToSignal, portNames } from "./modules-drivers.js";
import { renameGroup, renameTag } from "./rename.js";

/** What a channel of any kind has. */
const COMMON = ["id", "channel", "name", "description", "enabled"];

export class RackEdits {
  #before = [];
  /** Module -> kind of driver -> its driver of that kind: what was set returns with its kind. */
  #drivers = new WeakMap();

  constructor(config, catalogue) {
    this.config = config;
    this.catalogue = catalogue;
    this.begin();
  }

  get #modules() {
    return this.config.read("/modules") ?? [];
  }

  /** Takes the document as it is for what later edits are compared with. */
  begin() {
    this.#before = structuredClone(this.#modules);
  }

  /** Publications and subscriptions name tags: a new name goes to them too, so that a rename is one edit. */
  followNames() {
    const [before, now] = [this.#before, this.#modules];
    this.begin();
    if (now.length !== before.length) return;
    now.forEach((module, index) => {
      const old = before[index];
      if (old.id !== module.id || !module.name) return;
      if (old.name !== module.name) renameGroup(this.config, old.name, module.name);
      else renameTag(this.config, old.name, old.channels ?? [], module.channels ?? []);
    });
  }

  /** To be called after an edit at `pointer`; answers the number a channel was moved to. */
  followed(pointer, chosen) {
    const [, , at, what, number, own] = pointer.split("/");
    const module = this.#modules[at];
    let moved;
    if (module && what === "model") this.#keepToModel(module, this.#before[at]?.model);
    if (module && what === "driver" && number === "kind") this.#keepToDriver(module, this.#before[at]?.driver?.kind);
    if (module && what === "driver" && pointer.endsWith("/signal")) keepToSignal(this.config.read(pointer.slice(0, -"/signal".length)));
    if (module && what === "channels" && own === "channel") moved = this.#move(module, chosen, module.channels[number].channel);
    // A name that is being typed is no name yet; it is one when something else is edited.
    if (!pointer.endsWith("/name")) this.followNames();
    return moved;
  }

  /** A channel takes what stands behind it along to another place. */
  #move(module, from, to) {
    for (const entry of module.driver?.[hardwareList(module.driver.kind)] ?? []) {
      if (Number(entry.channel) === from) entry.channel = to;
    }
    return to;
  }

  /** Where another model has another kind of channel, only what all kinds have is kept. */
  #keepToModel(module, before) {
    const [old, now] = [this.#kinds(before), this.#kinds(module.model)];
    const other = ({ channel }) => old[channel] !== now[channel];
    for (const channel of (module.channels ?? []).filter(other)) {
      for (const member of Object.keys(channel)) if (!COMMON.includes(member)) delete channel[member];
    }
    keepDriver(module.driver, { kinds: now, before: old, catalogue: this.catalogue });
    const list = hardwareList(module.driver?.kind);
    if (!Array.isArray(module.driver?.[list])) return;
    module.driver[list] = module.driver[list].filter((entry) => !other(entry));
    if (!module.driver[list].length) delete module.driver[list];
  }

  #kinds(model) {
    return this.catalogue.models[model]?.channels ?? [];
  }

  #keepToDriver(module, before) {
    const kept = this.#drivers.get(module) ?? {};
    this.#drivers.set(module, kept);
    const { kind } = module.driver;
    if (before) kept[before] = { ...module.driver, kind: before };
    const about = { kinds: this.#kinds(module.model), catalogue: this.catalogue, ports: portNames(this.config) };
    module.driver = kept[kind] ?? freshDriver(kind, about);
  }
}
