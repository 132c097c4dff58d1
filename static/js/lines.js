// The lines: where the time goes, how each device is, and the latest transactions.

import { get, request } from "./api.js";
import { complain, notice } from "./dialog.js";
import { $, fill, h, healthMark, mark } from "./dom.js";
import { count, decimal, maybe, t, time, word } from "./i18n.js";
import { lessons } from "./lessons.js";
import { live } from "./live.js";
import { reasonText } from "./shell.js";

const LOOK_MS = 1000;
const KEPT = 500;
const PARTS = ["wire", "device", "silence", "ours", "idle"];

const rows = $("#timeline tbody");
const follow = $("#line-follow");
const troubleOnly = $("#line-trouble");
const mayAsk = ["operator", "admin"].includes(document.documentElement.dataset.role);

let shown = null;
let after = 0;
let transactions = [];

const lines = () => (live.status?.units ?? []).filter(({ kind }) => kind === "line");
const chosen = () => {
  const name = decodeURIComponent(location.hash.slice(1));
  return lines().find((line) => line.name === name) ?? lines()[0];
};

function split(parts, large = false) {
  return h(
    "div",
    { class: large ? "split split-large" : "split", "aria-hidden": "true" },
    PARTS.map((part) => {
      const piece = h("div", { class: `split-${part}` });
      piece.style.flexGrow = parts[part] ?? 0;
      return parts[part] > 0 && piece;
    }),
  );
}

function figure(label, value) {
  return h("div", { class: "figure" }, h("dt", {}, label), h("dd", {}, value));
}

const percent = (part) => `${decimal((part ?? 0) * 100)} %`;
const milliseconds = (value) => (value === null || value === undefined ? "–" : `${count(value)} ms`);

function showLine(line) {
  const d = line.detail ?? {};
  const parts = { wire: d.utilisation, device: d.waiting, silence: d.silence, ours: d.ours, idle: d.idle };
  const rtt = d.rtt_ms ?? {};
  fill(
    $("#line-shares"),
    h(
      "p",
      { class: `health health-${line.health}` },
      healthMark(line.health),
      h("b", {}, word("health", line.health)),
      line.reason && h("span", { class: "reason" }, reasonText(line.reason)),
    ),
    d.advice && h("p", { class: "hint" }, d.advice),
    d.stretch > 1.05 &&
      h(
        "p",
        { class: "trouble" },
        t("line.overloaded", { load: percent(d.load), stretch: decimal(d.stretch) }),
      ),
    split(parts, true),
    h(
      "ul",
      { class: "split-legend" },
      PARTS.map((part) =>
        h("li", {}, h("i", { class: `split-${part}` }), `${word("share", part)} `, h("b", {}, percent(parts[part]))),
      ),
    ),
    h(
      "dl",
      { class: "figures" },
      figure(t("line.load"), percent(d.load)),
      figure(t("line.stretch"), `× ${decimal(d.stretch ?? 1)}`),
      figure(t("overview.overruns"), count(d.overruns)),
      figure(t("overview.transactions"), count(d.transactions)),
      figure(t("line.foreign"), count(d.foreign)),
      figure(t("line.noise"), count(d.noise)),
      d.latency_timer_ms !== undefined && figure(t("line.latency_timer"), milliseconds(d.latency_timer_ms)),
      figure(t("line.percentiles"), [rtt.p50, rtt.p95, rtt.p99].map(decimal).join(" / ")),
    ),
  );
}

function diagnosis(device) {
  if (device.diagnosis) return maybe("diagnosis", device.diagnosis) ?? device.diagnosis;
  return device.online ? t("line.well") : reasonText(device.reason);
}

const ASKS = {
  retry: { path: "retry", label: "line.retry", full: "line.retry_of", done: "line.asked" },
  forget: { path: "lessons/forget", label: "lesson.forget", full: "lesson.forget_of", done: "lesson.forgotten" },
};

async function ask(name, { path, done }, button) {
  button.disabled = true;
  try {
    await request("POST", `/devices/${encodeURIComponent(name)}/${path}`);
    notice(t(done, { name }));
  } catch (error) {
    complain(error);
  } finally {
    button.disabled = false;
  }
}

function askButton({ name }, what) {
  const { label, full } = ASKS[what];
  const button = h(
    "button",
    { type: "button", class: "small", "aria-label": t(full, { name }), dataset: { ask: `${what} ${name}` } },
    t(label),
  );
  button.addEventListener("click", () => ask(name, ASKS[what], button));
  return button;
}

function buttons(device) {
  if (!mayAsk) return [];
  return [!device.online && askButton(device, "retry"), device.lessons && askButton(device, "forget")];
}

function showDevices(devices) {
  // Redrawing would take the focus away from a button someone stands on.
  const place = $("#line-devices");
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.ask : null;
  const exceptions = (device) =>
    Object.entries(device.exceptions ?? {})
      .map(([code, number]) => `${code}: ${count(number)}`)
      .join(", ") || "0";
  const numbers = [
    [t("overview.transactions"), (device) => count(device.transactions)],
    [t("overview.timeouts"), (device) => count(device.timeouts)],
    [t("overview.crc_errors"), (device) => count(device.crc_errors)],
    [t("overview.exceptions"), exceptions],
    [t("overview.late"), (device) => count(device.late)],
    [t("overview.overruns"), (device) => count(device.overruns)],
    [t("overview.rtt"), ({ rtt_ms: rtt }) => `${decimal(rtt?.p50)} / ${decimal(rtt?.p99)}`],
    [t("line.oldest"), (device) => milliseconds(device.oldest_ms)],
    [t("line.next"), (device) => milliseconds(device.next_due_ms)],
  ];
  fill(
    place,
    h(
      "table",
      { class: "compact" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, t("overview.device")),
          h("th", { scope: "col" }, t("line.diagnosis")),
          h("th", {}),
          numbers.map(([label]) => h("th", { scope: "col", class: "number" }, label)),
        ),
      ),
      h(
        "tbody",
        {},
        devices.map((device) =>
          h(
            "tr",
            {},
            h(
              "th",
              { scope: "row" },
              mark(device.online ? "good" : "bad"),
              ` ${device.name} `,
              h("span", { class: "kind" }, t("overview.unit_id", { n: device.unit_id })),
            ),
            h("td", { class: "line-diagnosis" }, diagnosis(device), device.lessons && lessons(device.lessons)),
            h("td", {}, buttons(device)),
            numbers.map(([, value]) => h("td", { class: "number" }, value(device))),
          ),
        ),
      ),
    ),
  );
  if (focused) place.querySelector(`[data-ask="${CSS.escape(focused)}"]`)?.focus();
}

function outcome(result) {
  if (typeof result === "string") return word("outcome", result);
  const code = result.exception.toString(16).toUpperCase().padStart(2, "0");
  return t("reason.exception", { code, meaning: word("exception", code) });
}

function row(one) {
  const us = {
    wire: one.request_us + one.reply_us,
    device: one.device_us,
    silence: one.silence_us,
    ours: one.ours_us,
  };
  const whole = us.wire + us.device + us.silence + us.ours;
  const title = PARTS.filter((part) => us[part]).map((part) => `${word("share", part)} ${decimal(us[part] / 1000)} ms`);
  return h(
    "tr",
    { class: one.result === "ok" ? false : "failed", title: title.join(", ") },
    h("td", {}, time(one.unix_ms, { millis: true })),
    h("td", {}, one.device),
    h("td", {}, `${one.function} ${maybe("function", one.function) ?? ""}`),
    h("td", { class: "number" }, one.address ?? "–"),
    h("td", { class: "number" }, one.count ?? "–"),
    h("td", {}, outcome(one.result)),
    h("td", {}, split(us)),
    h("td", { class: "number" }, decimal(whole / 1000)),
  );
}

function showTransactions() {
  const wanted = troubleOnly.checked ? transactions.filter(({ result }) => result !== "ok") : transactions;
  fill(rows, wanted.slice(-100).reverse().map(row));
}

async function look() {
  const line = chosen();
  if (!line || !follow.checked || document.hidden) return;
  if (line.key !== shown) {
    shown = line.key;
    after = 0;
    transactions = [];
  }
  const answer = await get(`/lines/${encodeURIComponent(line.name)}/timeline`, { after });
  if (line.key !== shown) return;
  // A line that was started anew counts from the beginning.
  if (answer.last < after) {
    after = 0;
    transactions = [];
    return;
  }
  if (answer.transactions.length === 0 && rows.children.length) return;
  after = answer.last;
  transactions = [...transactions, ...answer.transactions].slice(-KEPT);
  showTransactions();
}

function show() {
  const all = lines();
  const line = chosen();
  const choice = $("#line-choice");
  const focused = choice.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  fill(
    choice,
    all.map(({ name, health }) =>
      h(
        "li",
        {},
        h(
          "a",
          { href: `#${encodeURIComponent(name)}`, "aria-current": name === line?.name ? "true" : false },
          healthMark(health),
          name,
        ),
      ),
    ),
  );
  if (focused) choice.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  if (!line) {
    fill($("#line-shares"), h("p", { class: "empty" }, t("line.none")));
    fill($("#line-devices"));
    return;
  }
  showLine(line);
  showDevices(line.detail?.devices ?? []);
}

const trouble = (error) => fill(rows, h("tr", {}, h("td", { colspan: "8", class: "error" }, error.message)));
const renew = () => look().catch(trouble);
live.addEventListener("status", show);
addEventListener("hashchange", () => {
  show();
  fill(rows);
  renew();
});
follow.addEventListener("change", renew);
troubleOnly.addEventListener("change", showTransactions);
if (live.status) show();
setInterval(renew, LOOK_MS);
renew();
