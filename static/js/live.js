// The stream of server-sent events: health of units always, tags only as far as asked for.

import { get } from "./api.js";

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

class Live extends EventTarget {
  #source = null;
  #match = [];
  #retry = FIRST_RETRY_MS;
  #timer = null;
  #subscription = 0;
  state = "connecting";
  /** The last known status; events may carry only the units that changed. */
  status = null;

  /** Asks for changes of these names and patterns. The old stream stays until the new one is open: no gap. */
  watch(match) {
    this.#match = match;
    this.#open();
  }

  start() {
    if (!this.#source && !this.#timer) this.#open();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#source?.close();
    this.#source = null;
  }

  #open() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const previous = this.#source;
    const subscription = ++this.#subscription;
    const query = new URLSearchParams({ match: this.#match.join(",") });
    const source = new EventSource(`/api/v1/stream?${query}`);
    this.#source = source;
    source.addEventListener("open", () => {
      previous?.close();
      this.#retry = FIRST_RETRY_MS;
      this.#say("live");
      this.#send("subscribed", { subscription });
    });
    source.addEventListener("change", (event) => {
      this.#send("change", { tags: JSON.parse(event.data).tags ?? [] });
    });
    source.addEventListener("status", (event) => this.#merge(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      previous?.close();
      if (this.#source !== source) return;
      this.#say("lost");
      // The browser retries a broken connection itself, but gives up after an answer that is no stream.
      if (source.readyState === EventSource.CLOSED) this.#later();
    });
  }

  #later() {
    this.#source = null;
    this.#timer = setTimeout(async () => {
      this.#timer = null;
      // A session that ended answers 401 here, and the client goes to log in.
      await get("/session").catch(() => null);
      this.#open();
    }, this.#retry);
    this.#retry = Math.min(this.#retry * 2, LONGEST_RETRY_MS);
  }

  #merge(news) {
    if (!this.status || !news.units) this.status = { ...this.status, ...news };
    else {
      const units = new Map(this.status.units.map((unit) => [unit.key, unit]));
      // A whole status names the appliance; a partial one only the units that changed.
      if (news.appliance) units.clear();
      for (const unit of news.units) units.set(unit.key, unit);
      this.status = { ...this.status, ...news, units: [...units.values()] };
    }
    this.#send("status", this.status);
  }

  async refresh() {
    this.#merge(await get("/status"));
  }

  #say(state) {
    if (this.state === state) return;
    this.state = state;
    this.#send("state", state);
  }

  #send(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** The one stream of this page. */
export const live = new Live();
// A page kept for going back must not keep its stream.
addEventListener("pagehide", () => live.stop());
addEventListener("pageshow", (event) => event.persisted && live.start());
