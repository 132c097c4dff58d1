// The groups beside the tag table: devices, then what the appliance itself holds.

import { fill, h } from "./dom.js";
import { count, t } from "./i18n.js";

const OWN = ["internal", "computed"];
const OWN_LABEL = { internal: "tags.internal", computed: "tags.computed" };

export class TagTree {
  constructor(container, chosen) {
    this.container = container;
    this.chosen = chosen;
    container.addEventListener("keydown", (event) => this.#key(event));
  }

  setNames(names, group) {
    const groups = new Map();
    for (const name of names) {
      const key = name.slice(0, name.indexOf("/"));
      groups.set(key, (groups.get(key) ?? 0) + 1);
    }
    this.group = groups.has(group) ? group : "";
    const field = [...groups]
      .filter(([key]) => !OWN.includes(key))
      .sort(([a], [b]) => a.localeCompare(b, undefined, { numeric: true }));
    const own = [...groups].filter(([key]) => OWN.includes(key));
    const item = (key, label, number) =>
      h(
        "li",
        { role: "none" },
        h(
          "button",
          {
            type: "button",
            role: "treeitem",
            "aria-selected": key === this.group,
            tabindex: key === this.group ? 0 : -1,
            dataset: { group: key },
            on: { click: () => this.#choose(key) },
          },
          h("span", {}, label),
          h("span", { class: "number" }, count(number)),
        ),
      );
    fill(
      this.container,
      item("", t("tags.all"), names.length),
      field.length > 0 && h("li", { class: "tree-heading", role: "none" }, t("tags.devices")),
      field.map(([key, number]) => item(key, key, number)),
      own.length > 0 && h("li", { class: "tree-heading", role: "none" }, t("tags.own")),
      own.map(([key, number]) => item(key, t(OWN_LABEL[key]), number)),
    );
  }

  #choose(group) {
    this.group = group;
    for (const button of this.#items()) {
      const here = button.dataset.group === group;
      button.setAttribute("aria-selected", here);
      button.tabIndex = here ? 0 : -1;
    }
    this.chosen(group);
  }

  #items() {
    return [...this.container.querySelectorAll('[role="treeitem"]')];
  }

  #key(event) {
    const items = this.#items();
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined || !items[to]) return;
    event.preventDefault();
    items[to].focus();
    this.#choose(items[to].dataset.group);
  }
}
