// The dialog that makes a device from a profile: choose the product, say where it is, and look at live values.

import { get, request } from "./api.js";
import { fill, freshId, h, mark } from "./dom.js";
import { dialog, notice } from "./dialog.js";
import { t, word } from "./i18n.js";

const KINDS = ["meter", "inverter", "temperature", "io", "drive", "other"];

/** Whether every word of `wanted` is somewhere in the profile's words. */
function matches(profile, wanted) {
  const text = [profile.maker, profile.product, profile.id, word("profile_kind", profile.kind)].join(" ").toLowerCase();
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((part) => text.includes(part));
}

/** A name for the device, from the product: `SDM630-Modbus` -> `sdm630-modbus`. */
const nameFrom = ({ product }) =>
  product
    .split(/[,(]/)[0]
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 40) || "device1";

/**
 * Asks for a profile, a port and a unit id. `ports` are names, `unit` the next free id. `add(device, now)` takes the
 * device; `now` says that it is to be applied at once, which is offered while nothing else is unsaved (`clean`).
 */
export async function pickProfile({ ports, unit, clean, add }) {
  let { profiles, broken } = await get("/profiles");
  const ids = { search: freshId("pick"), list: freshId("pick"), variant: freshId("pick"), port: freshId("pick") };
  const search = h("input", { type: "search", id: ids.search, autocomplete: "off", on: { input: show } });
  const list = h("select", { id: ids.list, size: 9, class: "profile-list", required: true, on: { change: choose } });
  const variant = h("select", { id: ids.variant });
  const variantField = h("div", { class: "field", hidden: true }, label(ids.variant, t("profile.variant")), variant);
  const name = h("input", { type: "text", id: freshId("pick"), required: true, maxlength: 63, pattern: "[A-Za-z0-9_][A-Za-z0-9_\\-]*" });
  const port = h(
    "select",
    { id: ids.port },
    ports.map((one) => h("option", { value: one }, one)),
  );
  const unitId = h("input", { type: "number", id: freshId("pick"), min: 0, max: 255, value: unit, required: true });
  const about = h("div", { class: "profile-about", role: "status" });
  const file = h("input", { type: "file", id: freshId("pick"), accept: ".json,application/json", on: { change: upload } });
  let named = false;
  name.addEventListener("input", () => (named = true));

  function label(id, text) {
    return h("label", { for: id }, text);
  }

  const chosen = () => profiles.find(({ id }) => id === list.value);

  function show() {
    const before = list.value;
    const found = profiles.filter((profile) => matches(profile, search.value));
    fill(
      list,
      KINDS.map((kind) => {
        const own = found.filter((profile) => profile.kind === kind);
        return own.length
          ? h(
              "optgroup",
              { label: word("profile_kind", kind) },
              own.map((profile) =>
                h(
                  "option",
                  { value: profile.id, ".selected": profile.id === before },
                  `${profile.maker} ${profile.product}${profile.own ? ` · ${t("profile.own")}` : ""}`,
                ),
              ),
            )
          : null;
      }),
    );
    // One that is left over is the one that is meant.
    if (found.length === 1) list.value = found[0].id;
    choose();
  }

  function choose() {
    const profile = chosen();
    variantField.hidden = !profile?.variants.length;
    if (!profile) return void fill(about, profiles.length ? t("profile.choose") : t("profile.none"));
    fill(
      variant,
      h("option", { value: "" }, t("profile.plain")),
      profile.variants.map((one) => h("option", { value: one.name }, one.name)),
    );
    if (!named) name.value = nameFrom(profile);
    const { document: source } = profile;
    fill(
      about,
      h("p", {}, t("profile.tags", { n: profile.tags }), profile.description && ` · ${profile.description}`),
      source && h("p", { class: "hint" }, [source.title, source.revision].filter(Boolean).join(", "), source.read && ` (${source.read})`),
    );
  }

  /** Keeps a profile of one's own, under the name of its file. */
  async function upload() {
    const [one] = file.files;
    if (!one) return;
    const id = one.name.replace(/\.json$/i, "").replaceAll(/[^A-Za-z0-9._-]+/g, "-");
    try {
      await request("PUT", `/profiles/${encodeURIComponent(id)}`, { body: one });
      ({ profiles, broken } = await get("/profiles"));
      search.value = "";
      show();
      list.value = id;
      choose();
    } catch (error) {
      const at = error.errors?.[0]?.pointer;
      fill(about, mark("bad"), " ", at ? `${at}: ` : "", error.message);
    }
    file.value = "";
  }

  async function make(now) {
    const profile = chosen();
    if (!profile) throw new Error(t("profile.choose"));
    if (!port.value) throw new Error(t("profile.no_port"));
    if (!name.reportValidity() || !unitId.reportValidity()) throw new Error(t("profile.incomplete"));
    const members = await get(`/profiles/${encodeURIComponent(profile.id)}/device`, { variant: variant.value });
    await add({ name: name.value, port: port.value, unit_id: Number(unitId.value), ...members }, now);
    return true;
  }

  show();
  if (broken.length) notice(t("profile.broken", { files: broken.map(({ id, detail }) => `${id}: ${detail}`).join("; ") }), { bad: true });
  return dialog({
    title: t("profile.title"),
    wide: true,
    body: [
      h("div", { class: "field" }, label(ids.search, t("profile.search")), search),
      h("div", { class: "field" }, label(ids.list, t("profile.product")), list),
      about,
      h(
        "div",
        { class: "fields" },
        variantField,
        h("div", { class: "field" }, label(name.id, t("field.name")), name),
        h("div", { class: "field" }, label(ids.port, t("field.port")), port),
        h("div", { class: "field" }, label(unitId.id, t("field.unit_id")), unitId),
      ),
      h("details", {}, h("summary", {}, t("profile.own_file")), h("div", { class: "field" }, label(file.id, t("profile.file")), file)),
    ],
    actions: [
      { label: t("profile.add"), primary: !clean, act: () => make(false) },
      clean && { label: t("profile.add_now"), primary: true, act: () => make(true) },
    ].filter(Boolean),
  });
}
