// The event log: filter, page back, and follow what comes.

import { get } from "./api.js";
import { $, debounce, fill, h, setText } from "./dom.js";
import { eventRow } from "./event-row.js";
import { t } from "./i18n.js";
import { live } from "./live.js";

const PAGE = 100;
const LOOK_MS = 3000;

const rows = $("#events tbody");
const older = $("#events-older");
const follow = $("#events-follow");
let next = null;
let newest = null;
let asked = 0;

const filter = () => ({ category: $("#events-category").value, text: $("#events-text").value.trim() });

async function load() {
  const round = ++asked;
  const { events, next: more } = await get("/events", { ...filter(), limit: PAGE });
  if (round !== asked) return;
  next = more ?? null;
  newest = events[0]?.id ?? newest;
  fill(
    rows,
    events.map((event) => eventRow(event)),
  );
  if (!events.length) fill(rows, h("tr", {}, h("td", { colspan: "8", class: "empty" }, t("events.none"))));
  older.hidden = !next;
}

async function loadOlder() {
  older.disabled = true;
  try {
    const { events, next: more } = await get("/events", { ...filter(), before: next, limit: PAGE });
    next = more ?? null;
    rows.append(...events.map((event) => eventRow(event)));
    older.hidden = !next;
  } finally {
    older.disabled = false;
  }
}

async function loadNewer() {
  if (!follow.checked || document.hidden) return;
  if (newest === null) return load();
  const round = asked;
  const { events } = await get("/events", { ...filter(), after: newest, limit: PAGE });
  if (!events.length || round !== asked) return;
  // Newest first, whichever way the server lists what came after.
  const sorted = [...events].sort((a, b) => b.id - a.id).filter(({ id }) => id > newest);
  if (!sorted.length) return;
  newest = sorted[0].id;
  rows.querySelector(".empty")?.closest("tr").remove();
  rows.prepend(...sorted.map((event) => eventRow(event)));
  setText($("#events-news"), t("events.new", { n: sorted.length }));
}

const trouble = (error) => fill(rows, h("tr", {}, h("td", { colspan: "8", class: "error" }, error.message)));
const reload = () => load().catch(trouble);
$("#events-category").addEventListener("change", reload);
$("#events-text").addEventListener("input", debounce(reload, 250));
older.addEventListener("click", () => loadOlder().catch(trouble));
follow.addEventListener("change", () => loadNewer().catch(() => null));
let due = null;
live.addEventListener("status", () => {
  due ??= setTimeout(() => {
    due = null;
    loadNewer().catch(() => null);
  }, 500);
});
setInterval(() => loadNewer().catch(() => null), LOOK_MS);
reload();
