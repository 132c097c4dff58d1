// The dialog that gives a device's tags out as files.

import { h, mark } from "./dom.js";
import { dialog } from "./dialog.js";
import { t } from "./i18n.js";

/** Offers the stored tags of a device as files. */
export function exportTags({ name, unsaved }) {
  const link = (ending, label, hint) =>
    h(
      "li",
      {},
      h("a", { href: `/api/v1/devices/${encodeURIComponent(name)}/tags.${ending}`, download: "" }, label),
      h("div", { class: "hint" }, hint),
    );
  return dialog({
    title: t("tagfile.export_title", { name }),
    body: [
      h(
        "ul",
        { class: "tag-file-exports" },
        link("xlsx", t("tagfile.xlsx"), t("tagfile.xlsx_hint")),
        link("csv", t("tagfile.csv_comma"), t("tagfile.csv_comma_hint")),
        link("csv?separator=semicolon", t("tagfile.csv_semicolon"), t("tagfile.csv_semicolon_hint")),
        h(
          "li",
          {},
          h("a", { href: `/api/v1/devices/${encodeURIComponent(name)}/profile`, download: "" }, t("profile.export")),
          h("div", { class: "hint" }, t("profile.export_hint")),
        ),
      ),
      unsaved && h("p", {}, mark("uncertain"), " ", t("tagfile.unsaved")),
    ],
    cancel: false,
    actions: [{ label: t("action.close"), primary: true }],
  });
}
