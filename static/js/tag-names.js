// The tags of the document being edited, as publications and subscriptions name them.

import { t } from "./i18n.js";

/** A browser offers no more than one can look through. */
const MOST = 2000;

/** Groups as patterns, then tags one by one; with `written` only those that can be written. */
export function tagOffers(config, { written = false } = {}) {
  const { devices = [], modules = [], internal = [], computed = [] } = config.data;
  const groups = [
    ...devices.map(({ name, tags = [] }) => [name, tags.filter((tag) => !written || tag.writable)]),
    // A channel that is no output still has counts and flags to write.
    ...modules.map(({ name, channels = [] }) => [name, channels]),
    ["internal", internal],
    ["computed", written ? [] : computed],
  ].filter(([name, tags]) => name && tags.length);
  const patterns = groups.map(([name, tags]) => ({ value: `${name}/*`, label: t("offer.group", { n: tags.length }) }));
  const names = groups.flatMap(([group, tags]) =>
    tags.map(({ name, description }) => ({ value: `${group}/${name}`, label: description ?? "" })),
  );
  const all = written ? [] : [{ value: "*/*", label: t("offer.all") }];
  return [...all, ...patterns, ...names].slice(0, MOST);
}
