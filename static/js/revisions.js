// The list of stored configurations.

import { get } from "./api.js";
import { $, fill, h } from "./dom.js";
import { t, time, word } from "./i18n.js";
import { live } from "./live.js";

const LIMIT = 200;

async function load() {
  const { revisions } = await get("/revisions", { limit: LIMIT });
  const current = Math.max(...revisions.map(({ number }) => number));
  fill(
    $("#revisions tbody"),
    revisions.map((revision) =>
      h(
        "tr",
        {},
        h(
          "th",
          { scope: "row", class: "number" },
          String(revision.number),
          revision.number === current && h("span", { class: "tag" }, t("revisions.current")),
        ),
        h("td", { class: "number nowrap" }, time(revision.time, { always: true })),
        h("td", {}, revision.author ?? "–"),
        h("td", {}, word("source", revision.source)),
      ),
    ),
  );
  if (!revisions.length)
    fill($("#revisions tbody"), h("tr", {}, h("td", { colspan: "4", class: "empty" }, t("revisions.none"))));
}

const show = () =>
  load().catch((error) =>
    fill($("#revisions tbody"), h("tr", {}, h("td", { colspan: "4", class: "error" }, error.message))),
  );
let known;
live.addEventListener("status", ({ detail }) => {
  if (known !== undefined && detail.revision !== known) show();
  known = detail.revision;
});
show();
