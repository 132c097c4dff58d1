// A tag's new name goes wherever it is named (publications, subscriptions, expressions, register map, SNMP), so that a
// rename is one edit.

const IDENTIFIER = /^[A-Za-z_]\w*$/;

function eachTagList(config, change) {
  for (const connection of config.data.mqtt?.connections ?? []) {
    for (const user of [...(connection.publications ?? []), ...(connection.subscriptions ?? [])]) {
      if (Array.isArray(user.tags)) user.tags = user.tags.map(change);
    }
  }
  for (const view of config.data.snmp?.views ?? []) {
    if (Array.isArray(view.tags)) view.tags = view.tags.map(change);
  }
  for (const one of [...(config.data.snmp?.rules ?? []), ...(config.data.modbus_server?.map?.entries ?? [])]) {
    if (typeof one.tag === "string") one.tag = change(one.tag);
  }
}

/** Every tag name in an expression, in its long and its short form. */
function inExpression(text, change) {
  if (typeof text !== "string") return text;
  const long = text.replace(/(["'])([\w-]+\/[\w-]+)\1/g, (_, quote, tag) => quote + change(tag) + quote);
  // Texts are left alone: what stands in quotes is no short form.
  return long.replace(/(["'])(?:\\.|(?!\1).)*\1|(?<![\w.])([A-Za-z_]\w*)\.([A-Za-z_]\w*)(?![\w(])/g, (all, quote, group, name) => {
    if (quote) return all;
    const after = change(`${group}/${name}`);
    if (after === `${group}/${name}`) return all;
    const halves = after.split("/");
    return halves.every((half) => IDENTIFIER.test(half)) ? halves.join(".") : `tag("${after}")`;
  });
}

function eachExpression(config, change) {
  for (const tag of config.data.computed ?? []) {
    if (tag.expression !== undefined) tag.expression = inExpression(tag.expression, change);
  }
  for (const connection of config.data.mqtt?.connections ?? []) {
    for (const { trigger } of connection.publications ?? []) {
      for (const member of ["condition", "leave"]) {
        if (trigger?.[member] !== undefined) trigger[member] = inExpression(trigger[member], change);
      }
    }
  }
}

function everywhere(config, change) {
  eachTagList(config, change);
  eachExpression(config, change);
}

/** A device was renamed. */
export function renameGroup(config, before, after) {
  if (!before || !after) return;
  everywhere(config, (tag) => (tag.startsWith(`${before}/`) ? `${after}${tag.slice(before.length)}` : tag));
  for (const place of config.data.modbus_server?.map?.modules ?? []) {
    if (place.module === before) place.module = after;
  }
  config.changed();
}

/** One tag of a group was renamed in place; other edits of rows rename nothing. */
export function renameTag(config, group, before, after) {
  if (before.length !== after.length) return;
  const renamed = new Map();
  after.forEach((tag, row) => {
    const old = before[row];
    if (old !== tag && old.name && tag.name && old.name !== tag.name && !after.some(({ name }) => name === old.name)) {
      renamed.set(`${group}/${old.name}`, `${group}/${tag.name}`);
    }
  });
  if (renamed.size) everywhere(config, (tag) => renamed.get(tag) ?? tag);
}
