// The dialog that makes a remote I/O module from the profile of a product: which product, and where it is.

import { get } from "./api.js";
import { dialog } from "./dialog.js";
import { freshId, h } from "./dom.js";
import { t } from "./i18n.js";
import { channelName } from "./modules-detail.js";

/** Answers the module, with every channel of the product in use; nothing if it is left. */
export async function pickRemote({ catalogue, ports, slot }) {
  const { profiles } = await get("/profiles");
  const products = profiles.filter(({ model }) => model);
  const field = (label, control) => {
    control.id = freshId("pick");
    return h("div", { class: "field" }, h("label", { for: control.id }, label), control);
  };
  const options = (list) => list.map(({ value, label }) => h("option", { value }, label));
  const product = h(
    "select",
    { required: true },
    options(products.map(({ id, maker, product: name, model }) => ({ value: id, label: `${maker} ${name} · ${model}` }))),
  );
  const port = h("select", {}, options(ports.map((name) => ({ value: name, label: name }))));
  const unit = h("input", { type: "number", min: 0, max: 255, value: 1, required: true });
  return dialog({
    title: t("module.remote"),
    body: [
      h("p", { class: "hint" }, t(ports.length ? "module.remote_hint" : "module.no_port")),
      field(t("module.product"), product),
      field(t("field.port"), port),
      field(t("field.unit_id"), unit),
    ],
    actions: [
      {
        label: t("module.remote_add"),
        primary: true,
        act: async () => {
          const made = await get(`/profiles/${encodeURIComponent(product.value)}/module`);
          const kinds = catalogue.models[made.model].channels;
          const numbers = made.channels ?? kinds.map((_, number) => number);
          return {
            name: "remote1",
            slot,
            model: made.model,
            driver: { ...made.driver, port: port.value, unit_id: Number(unit.value) },
            channels: numbers.map((channel) => ({ channel, name: channelName(kinds[channel], channel) })),
          };
        },
      },
    ],
  });
}
