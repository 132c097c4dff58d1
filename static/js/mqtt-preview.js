// What a publication would send now: topics and payloads of the present values, made by the same code that publishes.

import { request } from "./api.js";
import { debounce, fill, h, mark } from "./dom.js";
import { count, t } from "./i18n.js";

const SHOWN = 5;
const REFRESH_MS = 5000;

export class Preview {
  #round = 0;
  #timer = null;
  later = debounce(() => this.load(), 350);

  constructor(container, config, connection, publication) {
    this.config = config;
    this.connection = connection;
    this.publication = publication;
    this.body = h("div", { class: "preview-body" });
    fill(container, h("h4", {}, t("preview.title")), this.body);
    this.load();
  }

  async load() {
    clearTimeout(this.#timer);
    const round = ++this.#round;
    const publication = this.config.read(this.publication);
    if (!publication || (!this.body.isConnected && round > 1)) return;
    const { publications: _, subscriptions: __, ...connection } = this.config.read(this.connection) ?? {};
    try {
      const { data } = await request("POST", "/preview/publication", { body: { connection, publication } });
      if (round === this.#round) this.#show(data);
    } catch (error) {
      if (round === this.#round)
        fill(
          this.body,
          error.errors?.length
            ? error.errors.map(({ detail }) => this.#line("bad", detail))
            : this.#line("bad", error.message),
        );
    }
    // Values move on; a hidden page need not.
    if (this.body.isConnected) this.#timer = setTimeout(() => this.#again(), REFRESH_MS);
  }

  #again() {
    if (!document.hidden) return void this.load();
    document.addEventListener("visibilitychange", () => this.load(), { once: true });
  }

  #line(state, text) {
    return h("p", { class: `preview-line ${state}` }, mark(state), " ", text);
  }

  #show({ messages = [], warnings = [], problems = [] }) {
    const text = (item) => (typeof item === "string" ? item : item.detail);
    fill(
      this.body,
      problems.map((problem) => this.#line("bad", text(problem))),
      warnings.map((warning) => this.#line("uncertain", text(warning))),
      messages
        .slice(0, SHOWN)
        .map(({ topic, payload, qos, retain }) =>
          h(
            "div",
            { class: "message" },
            h(
              "p",
              { class: "message-topic" },
              h("code", {}, topic),
              h("span", { class: "kind" }, `QoS ${qos ?? 0}${retain ? ` · ${t("preview.retained")}` : ""}`),
            ),
            h("pre", {}, pretty(payload)),
          ),
        ),
      h(
        "p",
        { class: "hint" },
        messages.length > SHOWN
          ? t("preview.more", { n: count(messages.length - SHOWN) })
          : t("preview.count", { n: messages.length }),
      ),
    );
  }
}

/** Payloads that are long JSON are shown over several lines; what is sent has none of them. */
function pretty(payload) {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  if (text.length < 120) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
