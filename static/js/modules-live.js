// What the channels of the running modules are now: one pattern for each module, however many channels it has.

import { live } from "./live.js";

export class RackWatch extends EventTarget {
  /** Full name of the tag -> what is known of it. */
  known = new Map();
  #patterns = null;

  constructor() {
    super();
    live.addEventListener("change", ({ detail }) => {
      for (const tag of detail.tags) this.known.set(tag.name, { ...this.known.get(tag.name), ...tag });
      this.dispatchEvent(new CustomEvent("values", { detail: { names: new Set(detail.tags.map(({ name }) => name)) } }));
    });
  }

  /** Watches the channels of these modules; the stream begins with the present state of all of them. */
  watch(modules) {
    const names = new Set(modules.flatMap(({ name, channels = [] }) => channels.map((one) => `${name}/${one.name}`)));
    for (const name of this.known.keys()) if (!names.has(name)) this.known.delete(name);
    const patterns = modules.map(({ name }) => `${name}/*`);
    if (patterns.join() === this.#patterns?.join()) return;
    this.#patterns = patterns;
    live.watch(patterns);
  }
}

/** The words for a channel that is not as it should be, first things first: `forced`, `safe`, `bad`, `uncertain`, `off`. */
export function condition(tag) {
  if (!tag) return "unknown";
  if (tag.channel?.safe_mode) return "safe";
  if (tag.channel?.forced) return "forced";
  if (tag.channel?.mode === "disabled" || tag.reason === "disabled") return "off";
  return tag.quality ?? "unknown";
}

/** Finds running objects for edited ones: an object that is renamed in the editor still runs under its stored name. */
export class Running {
  constructor(config) {
    this.config = config;
  }

  /** The stored module behind an edited one. */
  module(edited) {
    return edited && counterpart(this.config.base.modules, edited);
  }

  /** The tag of an edited channel, if it runs. */
  tag(module, channel) {
    const stored = this.module(module);
    // Under another model it is another kind of channel.
    const own = stored?.model === module.model && channel && counterpart(stored.channels, channel);
    return own && `${stored.name}/${own.name}`;
  }
}

const counterpart = (list, { id, name }) =>
  (list ?? []).find((one) => (id === undefined ? one.name === name : one.id === id));
