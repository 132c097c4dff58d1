// The configuration document as it is being edited: load, change, check, save, undo.

import { ApiError, place, request } from "./api.js";
import { changes, equal, merge } from "./diff.js";
import { debounce } from "./dom.js";
import * as pointers from "./pointer.js";
import { guardUnsaved } from "./session.js";

// Beyond this a check after each pause in typing would move too much; it is then made on request.
const CHECK_ITSELF_BELOW = 400_000;
const PAUSE_MS = 500;

export class ConfigDocument extends EventTarget {
  #base = "";
  #checking = null;
  #scheduled = debounce(() => this.check().catch(() => null), PAUSE_MS);
  /** What is being edited. */
  data = {};
  etag = null;
  /** Sentences of the last check that refuse the document, with the place each is about. */
  problems = [];
  /** Sentences one should know, which refuse nothing. */
  warnings = [];
  /** Mistakes found while typing, by pointer; the server has not seen them. */
  local = new Map();
  /** Whether someone else saved since this document was loaded. */
  stale = false;
  /** What applying would do; null while unknown. */
  plan = null;
  /** What is asked of each line, as far as the server was asked. */
  feasibility = [];
  /** What the last save replaced. */
  previous = null;
  /** Seconds in which somebody must keep the next save; null: it stays. */
  confirmWithin = null;

  static async load() {
    const document = new ConfigDocument();
    await document.reload();
    guardUnsaved(() => document.dirty);
    return document;
  }

  async reload() {
    const { data, etag } = await request("GET", "/config");
    this.#settle(data, etag);
    this.#say("loaded");
    await this.#judge();
  }

  #settle(data, etag) {
    this.data = data;
    this.etag = etag;
    this.#base = JSON.stringify(data);
    this.problems = [];
    this.warnings = [];
    this.stale = false;
    this.local.clear();
    this.plan = null;
    this.#scheduled.cancel();
  }

  get base() {
    return JSON.parse(this.#base);
  }

  get dirty() {
    return JSON.stringify(this.data) !== this.#base;
  }

  /** What differs from the stored document. */
  changes(limit) {
    return changes(this.base, this.data, limit);
  }

  read(pointer) {
    return pointers.read(this.data, pointer);
  }

  /** Changes one member; `undefined` takes it away, which means its default. */
  set(pointer, value) {
    if (value === undefined) pointers.remove(this.data, pointer);
    else pointers.write(this.data, pointer, value);
    this.changed(pointer);
  }

  /** To be called after `data` was changed in place. */
  changed(pointer = "") {
    this.plan = null;
    this.#say("changed", { pointer });
    if (this.#base.length < CHECK_ITSELF_BELOW) this.#scheduled();
  }

  /** Marks or clears a mistake the page itself sees. */
  mistake(pointer, sentence) {
    if ((this.local.get(pointer) ?? null) === sentence) return;
    if (sentence) this.local.set(pointer, sentence);
    else this.local.delete(pointer);
    this.#say("checked");
  }

  /** What the stored document asks of each line; an editor without it is still an editor. */
  async #judge() {
    const answer = await request("GET", "/feasibility").catch(() => null);
    if (!answer || this.dirty) return;
    this.feasibility = answer.data;
    this.#say("judged");
  }

  /** Asks the server what it thinks, changing nothing there. */
  async check() {
    this.#scheduled.cancel();
    this.#checking?.abort();
    const checking = new AbortController();
    this.#checking = checking;
    const text = JSON.stringify(this.data);
    if (text === this.#base) {
      this.problems = [];
      this.warnings = [];
      this.plan = null;
      this.#say("checked");
      await this.#judge();
      return;
    }
    try {
      const { data } = await request("PUT", "/config", {
        query: { dry_run: true, confirm_within: this.confirmWithin },
        etag: this.etag,
        body: text,
        signal: checking.signal,
      });
      this.problems = [];
      this.warnings = (data.problems ?? []).map(place);
      this.plan = data.plan;
      this.feasibility = data.feasibility ?? [];
      this.#say("judged");
    } catch (error) {
      if (error.name === "AbortError") return;
      this.stale = error.status === 412;
      if (this.stale) this.#say("checked");
      if (error.status !== 422 && error.status !== 400) throw error;
      this.problems = error.errors.length ? error.errors : [{ pointer: "", detail: error.message }];
      this.warnings = [];
      this.plan = null;
    }
    this.#say("checked");
  }

  /** Saves; throws `ApiError` 412 when someone else saved meanwhile. */
  async save() {
    const before = this.base;
    const onTrial = this.confirmWithin !== null;
    const { data: answer, etag } = await request("PUT", "/config", {
      query: { confirm_within: this.confirmWithin },
      etag: this.etag,
      body: this.data,
    }).catch((error) => {
      if (error instanceof ApiError && error.status === 422) {
        this.problems = error.errors;
        this.#say("checked");
      }
      throw error;
    });
    this.confirmWithin = null;
    // The server gives ids and hides secrets: what it stored is what is edited from here on.
    const stored = await request("GET", "/config").catch((error) => {
      // On trial it may have shut this browser out.
      if (onTrial && error.status === 0) return null;
      throw error;
    });
    if (!stored) return { cutOff: true };
    // A trial is taken back by its own button.
    this.previous = !onTrial && stored.etag === (etag ?? stored.etag) ? { data: before, etag: stored.etag } : null;
    this.#settle(stored.data, stored.etag);
    this.feasibility = answer.feasibility ?? [];
    this.#say("loaded");
    return answer;
  }

  /** Puts the document before the last save back, if nobody saved since. */
  async undoSave() {
    const { data, etag } = this.previous;
    await request("PUT", "/config", { etag, body: data });
    this.previous = null;
    await this.reload();
  }

  discard() {
    this.confirmWithin = null;
    this.#settle(this.base, this.etag);
    this.#say("loaded");
  }

  /** The stored document as it is now, and what others changed in it since it was loaded. */
  async newer() {
    const { data, etag } = await request("GET", "/config");
    return { data, etag, theirs: changes(this.base, data) };
  }

  /** Continues from the newer document with the present edits on top; answers where both changed the same thing. */
  adopt({ data, etag }) {
    const clashes = [];
    const merged = merge(this.base, this.data, data, [], clashes);
    this.#settle(data, etag);
    this.data = structuredClone(merged);
    this.#say("loaded");
    if (!equal(this.data, data)) this.changed();
    return clashes;
  }

  #say(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** The warnings about this place and what is in it. */
  warningsAt(pointer) {
    return this.warnings.filter((warning) => warning.pointer === pointer || warning.pointer.startsWith(`${pointer}/`));
  }

  /** The sentences that refuse this place or what is in it. */
  problemsAt(pointer) {
    const own = [...this.local].map(([at, detail]) => ({ pointer: at, detail }));
    const all = [...own, ...this.problems.filter((problem) => !this.local.has(problem.pointer))];
    return all.filter((problem) => problem.pointer === pointer || problem.pointer.startsWith(`${pointer}/`));
  }
}
