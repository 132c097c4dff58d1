// Import and export of the whole document.

import { request } from "./api.js";
import { $, fill, h, mark } from "./dom.js";
import { t } from "./i18n.js";
import { notice } from "./dialog.js";
import { changes } from "./diff.js";
import { changeList, planSentences } from "./savebar.js";

const result = $("#import-result");
const text = $("#import-text");
const file = $("#import-file");
let round = 0;

$("#export").addEventListener("click", async () => {
  try {
    const { data, etag } = await request("GET", "/config");
    const blob = new Blob([`${JSON.stringify(data, null, 2)}\n`], { type: "application/json" });
    const link = h("a", {
      href: URL.createObjectURL(blob),
      download: `${data.appliance?.name ?? "dinrail"}-${(etag ?? "").replace(/\W/g, "")}.json`,
    });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } catch (error) {
    notice(error.message, { bad: true });
  }
});

file.addEventListener("change", async () => {
  const [chosen] = file.files;
  if (!chosen) return;
  text.value = await chosen.text();
  check();
});
$("#import-form").addEventListener("submit", (event) => {
  event.preventDefault();
  check();
});
for (const name of ["dragover", "drop"]) {
  text.addEventListener(name, async (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    if (name === "drop") {
      text.value = await event.dataTransfer.files[0].text();
      check();
    }
  });
}

/** Problems with their place, as the server or the parser tells them. */
const problemList = (problems) =>
  h(
    "ul",
    { class: "problems" },
    problems.map(({ pointer, detail }) => h("li", {}, mark("bad"), pointer && h("code", {}, pointer), " ", detail)),
  );

async function check() {
  const now = ++round;
  // Sent as it was written: the parser here lets pass what the server refuses, such as a member that stands twice.
  const sent = text.value;
  let document;
  try {
    document = JSON.parse(sent);
  } catch (error) {
    fill(result, h("p", { class: "error" }, t("import.not_json", { why: error.message })));
    return;
  }
  fill(result, h("p", {}, t("import.checking")));
  try {
    const stored = await request("GET", "/config");
    const { data } = await request("PUT", "/config", { query: { dry_run: true }, etag: stored.etag, body: sent });
    if (now === round) offer(sent, document, stored, data);
  } catch (error) {
    if (now !== round) return;
    fill(
      result,
      h("h3", {}, t("import.refused")),
      error.errors?.length ? problemList(error.errors) : h("p", { class: "error" }, error.message),
    );
  }
}

function offer(sent, document, stored, answer) {
  const apply = h(
    "button",
    { type: "button", class: "primary", on: { click: () => put(sent, stored.etag, apply) } },
    t("save.apply"),
  );
  const list = changes(stored.data, document);
  fill(
    result,
    (answer.problems ?? []).length > 0 && [h("h3", {}, t("import.problems")), problemList(answer.problems)],
    h("h3", {}, t("save.what_happens")),
    h(
      "ul",
      { class: "plan" },
      planSentences(answer.plan ?? {}).map((line) => h("li", {}, line)),
    ),
    h("h3", {}, t("save.what_changes")),
    list.length ? changeList(list) : h("p", {}, t("import.no_change")),
    apply,
  );
}

async function put(sent, etag, button) {
  button.disabled = true;
  try {
    const { data } = await request("PUT", "/config", { etag, body: sent });
    fill(result, h("p", { class: "good" }, mark("good"), " ", t("save.saved", { revision: data.revision })));
  } catch (error) {
    if (error.status === 412)
      fill(
        result,
        h("p", { class: "error" }, t("import.stale")),
        h("button", { type: "button", on: { click: check } }, t("import.check")),
      );
    else fill(result, h("p", { class: "error" }, error.message), problemList(error.errors ?? []));
  }
}
