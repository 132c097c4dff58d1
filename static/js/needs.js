// What a line is asked to do, by arithmetic: shown beside its editor while it is edited.

import { fill, h, mark } from "./dom.js";
import { count, t } from "./i18n.js";

/** Shows it in a container and keeps it fresh; `port` names the line, `device` one on it or nothing. */
export class Needs {
  constructor(container, config, port, device = () => undefined) {
    this.container = container;
    this.show = () => {
      const line = config.feasibility.find((one) => one.port === port());
      fill(container, line ? sentences(line, device()) : []);
    };
    // An editor that is no longer shown listens no longer.
    const judged = () => (container.isConnected ? this.show() : config.removeEventListener("judged", judged));
    this.show();
    config.addEventListener("judged", judged);
  }
}

function sentences(line, name) {
  const { needs_percent: percent, reads_per_s: rate, scan_ms: scan } = line;
  const device = line.devices.find((one) => one.name === name);
  const text = [t("needs.line", { port: line.port, percent: count(percent), rate: count(rate), scan: count(scan) })];
  if (device) {
    const { needs_percent, reads, scan_ms } = device;
    text.push(t("needs.device", { percent: count(needs_percent), n: count(reads), scan: count(scan_ms) }));
  }
  if (line.flat_out) text.push(t("needs.flat_out"));
  text.push(t("needs.assumed", { ms: line.assumed_turnaround_ms }));
  const advice = line.advice && h("p", {}, mark("uncertain"), " ", line.advice);
  return [advice, h("p", { class: "hint" }, text.join(" "))];
}
