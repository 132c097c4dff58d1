// A tag's new name goes to the publications and subscriptions that name it, so that a rename is one edit.

function eachTagList(config, change) {
  for (const connection of config.data.mqtt?.connections ?? []) {
    for (const user of [...(connection.publications ?? []), ...(connection.subscriptions ?? [])]) {
      if (Array.isArray(user.tags)) user.tags = user.tags.map(change);
    }
  }
}

/** A device was renamed. */
export function renameGroup(config, before, after) {
  if (!before || !after) return;
  eachTagList(config, (tag) => (tag.startsWith(`${before}/`) ? `${after}${tag.slice(before.length)}` : tag));
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
  if (renamed.size) eachTagList(config, (tag) => renamed.get(tag) ?? tag);
}
