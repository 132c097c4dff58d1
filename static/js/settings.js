// Settings of the appliance and of the web server.

import { ConfigDocument } from "./document.js";
import { $, h } from "./dom.js";
import { certificateNames, failedToLoad } from "./editor.js";
import { Form } from "./form.js";
import { saveBar } from "./savebar.js";

/** The names of certificates; filled once the document is there. */
let certificates = () => [];
const zones = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : ["UTC"];

const APPLIANCE = [
  {
    title: "section.appliance",
    fields: [
      { key: "name", def: "dinrail", hint: "appliance_name" },
      { key: "description", kind: "prose" },
      { key: "location", kind: "prose" },
      { key: "contact", kind: "prose" },
      { key: "timezone", kind: "suggest", options: () => ["UTC", ...zones], def: "UTC" },
    ],
  },
];
const WEB = [
  {
    title: "section.web",
    fields: [
      { key: "address", label: "listen", hint: "listen", def: "0.0.0.0:8443" },
      { key: "certificate", kind: "suggest", hint: "web_certificate", options: () => certificates() },
      { key: "session_idle_min", kind: "number", def: 30, min: 1, max: 1440, unit: "min" },
      { key: "session_max_h", kind: "number", def: 12, min: 1, max: 168, unit: "h" },
      { key: "banner", kind: "area", wide: true },
    ],
  },
];

const SAFE_MODE = [
  {
    title: "section.safe_mode",
    fields: [
      { key: "mqtt_s", kind: "number", def: 0, min: 0, max: 65535, unit: "s" },
      { key: "rest_s", kind: "number", def: 0, min: 0, max: 65535, unit: "s" },
      { key: "modbus_s", kind: "number", def: 0, min: 0, max: 65535, unit: "s" },
      { key: "clear", kind: "select", options: ["auto", "manual"], def: "auto", hint: "safe_clear" },
    ],
  },
];

async function main() {
  const config = await ConfigDocument.load();
  certificates = () => certificateNames(config);
  const forms = [
    ["/appliance", APPLIANCE],
    ["/safe_mode", SAFE_MODE],
    ["/web", WEB],
  ].map(([pointer, sections]) => {
    const place = h("div", { class: "panel" });
    $("#editor").append(place);
    return new Form(place, config, pointer, sections);
  });
  config.addEventListener("checked", () => forms.forEach((form) => form.showProblems()));
  config.addEventListener("loaded", () =>
    forms.forEach((form) => {
      form.refresh();
      form.showProblems();
    }),
  );
  saveBar(config, { jump: (pointer) => forms.some((form) => form.focus(pointer)) });
}

main().catch(failedToLoad);
