// What an expression gives on the present values, worked out by the appliance while it is typed.

import { request } from "./api.js";
import { debounce, fill, h, mark } from "./dom.js";
import { t } from "./i18n.js";
import { qualityMark, qualityText, valueText } from "./tag-value.js";

const REFRESH_MS = 2000;

/** `read()` gives the expression as it is now; an empty one shows `empty`, or nothing. */
export class ExpressionValue {
  #round = 0;
  #timer = null;
  later = debounce(() => this.load(), 300);

  constructor(container, read, { empty = null } = {}) {
    this.read = read;
    this.empty = empty;
    this.container = container;
    this.body = h("div", { class: "preview-body" });
    fill(container, h("h4", {}, t("expression.title")), this.body);
    this.load();
  }

  async load() {
    clearTimeout(this.#timer);
    const round = ++this.#round;
    const expression = this.read();
    const there = typeof expression === "string" && expression.trim() !== "";
    this.container.hidden = !there && this.empty === null;
    if (!there) {
      fill(this.body, this.empty !== null && h("p", { class: "hint" }, this.empty));
      return;
    }
    try {
      const { data } = await request("POST", "/expressions", { body: { expression } });
      if (round === this.#round) this.#show(data);
    } catch (error) {
      if (round === this.#round) fill(this.body, line("bad", error.message));
    }
    // Values move on; a page that is not looked at need not.
    if (this.body.isConnected && round === this.#round) this.#timer = setTimeout(() => this.#again(), REFRESH_MS);
  }

  #again() {
    if (!this.body.isConnected) return;
    if (!document.hidden) return void this.load();
    document.addEventListener("visibilitychange", () => this.load(), { once: true });
  }

  #show({ value, quality, reason, points = [], error }) {
    fill(
      this.body,
      error && line("bad", t("expression.at", { n: error.place, sentence: error.sentence })),
      quality &&
        h(
          "p",
          { class: "expression-value" },
          qualityMark(quality),
          " ",
          h("output", {}, valueText(value)),
          " ",
          h("span", { class: "kind" }, qualityText({ quality, reason })),
        ),
      points.length > 0 && h("p", { class: "hint" }, t("expression.points")),
      points.length > 0 &&
        h(
          "ul",
          { class: "expression-points" },
          points.map((point) =>
            h(
              "li",
              {},
              qualityMark(point.quality),
              " ",
              h("code", {}, point.attribute === "value" ? point.tag : `${point.tag} ${point.attribute}`),
              " ",
              h("span", { class: "kind" }, pointText(point.value)),
            ),
          ),
        ),
      points.some((point) => point.quality === null) && h("p", { class: "hint" }, t("expression.unsaved")),
    );
  }
}

function pointText(value) {
  return Array.isArray(value) ? value.join(" ") : valueText(value);
}

function line(state, text) {
  return h("p", { class: `preview-line ${state}` }, mark(state), " ", text);
}
