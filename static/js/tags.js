// The live tag table: ten thousand rows of which only those in sight exist, are watched and travel.

import { get } from "./api.js";
import { $, debounce, fill, h, setText } from "./dom.js";
import { count, t } from "./i18n.js";
import { live } from "./live.js";
import { TagDetail } from "./tag-detail.js";
import { TagTable } from "./tag-table.js";
import { TagTree } from "./tag-tree.js";
import { TagWrite } from "./tag-write.js";
import { TagWatch } from "./watch.js";

const PAGE = 2000;

/** All names, page by page; the values come later, for what is in sight. */
async function loadNames() {
  const names = [];
  let after;
  do {
    const answer = await get("/tags", { fields: "name", limit: PAGE, after });
    names.push(...answer.tags.map(({ name }) => name));
    after = answer.next;
  } while (after);
  return names;
}

/** `oven/*` and `*volt*` as globs, anything else as a part of the name. */
function matcher(text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return () => true;
  if (!wanted.includes("*")) return (name) => name.toLowerCase().includes(wanted);
  const glob = wanted
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join("[^/]*");
  const whole = wanted.includes("/") ? new RegExp(`^${glob}$`) : new RegExp(glob);
  return (name) => whole.test(name.toLowerCase());
}

async function main() {
  const operator = document.documentElement.dataset.role !== "viewer";
  const watch = new TagWatch();
  const search = $("#tag-filter");
  const found = $("#tag-count");
  // A tag that goes while the pages are read ends the reading: once more from the beginning.
  const state = { names: await loadNames().catch(loadNames), group: "", shown: [] };

  const write = new TagWrite(watch);
  const detail = new TagDetail($("#tag-detail"), watch, { operator, closed: () => table.focus() });
  const table = new TagTable($("#tag-table"), {
    watch,
    operator,
    open: (name) => detail.show(name),
    edit: (name, row) => write.open(name, row),
    visible: (names) => watch.watch(detail.name && !names.includes(detail.name) ? [...names, detail.name] : names),
    scrolled: () => write.close(),
  });
  const tree = new TagTree($("#tag-tree"), (group) => {
    state.group = group;
    show();
  });

  function show() {
    const matches = matcher(search.value);
    state.shown = state.names.filter((name) => (!state.group || name.startsWith(`${state.group}/`)) && matches(name));
    setText(found, t("tags.count", { shown: count(state.shown.length), all: count(state.names.length) }));
    table.setNames(state.shown);
    const hash = new URLSearchParams();
    if (search.value) hash.set("filter", search.value);
    if (state.group) hash.set("group", state.group);
    history.replaceState(null, "", hash.size ? `#${hash}` : location.pathname);
  }

  const begin = new URLSearchParams(location.hash.slice(1));
  search.value = begin.get("filter") ?? "";
  state.group = begin.get("group") ?? "";
  search.addEventListener("input", debounce(show, 120));
  tree.setNames(state.names, state.group);
  show();

  // Another configuration may have other tags.
  let revision = null;
  live.addEventListener("status", async ({ detail: status }) => {
    if (revision !== null && status.revision !== undefined && status.revision !== revision) {
      state.names = await loadNames().catch(() => state.names);
      tree.setNames(state.names, state.group);
      show();
    }
    revision = status.revision ?? revision;
  });
}

main().catch((error) => {
  fill(
    $("#tag-table"),
    h(
      "p",
      { class: "trouble", role: "alert" },
      error.message,
      " ",
      h("button", { type: "button", on: { click: () => location.reload() } }, t("action.retry")),
    ),
  );
  throw error;
});
