// The present values of the tags in sight: the stream is asked for them alone, and asked anew when others come in sight.

import { get } from "./api.js";
import { debounce } from "./dom.js";
import { live } from "./live.js";

const SETTLE_MS = 150;
// Names in one address line; more come in the next.
const NAMES_AT_ONCE = 100;

export class TagWatch extends EventTarget {
  /** name -> what is known of the tag. */
  known = new Map();
  #names = [];
  #fresh = new Set();
  #round = 0;
  #later = debounce(() => this.#subscribe(), SETTLE_MS);

  constructor() {
    super();
    live.addEventListener("change", ({ detail }) => {
      for (const tag of detail.tags) this.#fresh.add(tag.name);
      this.#take(detail.tags, true);
    });
    live.addEventListener("subscribed", () => this.#fetch());
  }

  /** Watches these tags and no others. */
  watch(names) {
    if (names.length === this.#names.length && names.every((name, index) => name === this.#names[index])) return;
    this.#names = names;
    this.#later();
  }

  #subscribe() {
    this.#fresh.clear();
    live.watch(this.#names);
  }

  /** What the tags are now; what the stream has told meanwhile is newer. */
  async #fetch() {
    const round = ++this.#round;
    const names = this.#names;
    for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
      const part = names.slice(at, at + NAMES_AT_ONCE);
      const answer = await get("/tags", { match: part.join(","), limit: part.length }).catch(() => null);
      if (round !== this.#round || !answer) return;
      this.#take(
        answer.tags.filter(({ name }) => !this.#fresh.has(name)),
        false,
      );
    }
  }

  #take(tags, changed) {
    for (const tag of tags) this.known.set(tag.name, { ...this.known.get(tag.name), ...tag });
    this.dispatchEvent(new CustomEvent("values", { detail: { tags, changed } }));
  }
}
