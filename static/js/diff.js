// What differs between two documents, and how two people's edits of one come together.
//
// Lists of named objects are compared by id, else by name, so that a row moved or put in between is no change of
// all rows after it.

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

export function equal(a, b) {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, index) => equal(value, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key], b[key]));
}

const named = (list) => list.every((item) => isObject(item) && (item.id !== undefined || item.name !== undefined));

/** Finds the counterpart of an object in a list, by id, else by name; built once, since lists have thousands. */
function finder(list) {
  const ids = new Map();
  const names = new Map();
  for (const item of list) {
    if (item.id !== undefined) ids.set(item.id, item);
    names.set(item.name, item);
  }
  return (item) => {
    if (item.id !== undefined && ids.has(item.id)) return ids.get(item.id);
    const other = names.get(item.name);
    // Two ids are two objects, whatever their names.
    return other && (other.id === undefined || item.id === undefined) ? other : undefined;
  };
}

/** Pairs the objects of two lists: `[label, before, after]`. */
function pairs(before, after) {
  if (before.length === after.length && before.every((item, at) => sameObject(item, after[at]))) {
    return before.map((item, at) => [after[at].name ?? item.name ?? at, item, after[at]]);
  }
  const find = finder(after);
  const taken = new Set();
  const result = before.map((item) => {
    const other = find(item);
    taken.add(other);
    return [other?.name ?? item.name, item, other];
  });
  for (const item of after) if (!taken.has(item)) result.push([item.name, undefined, item]);
  return result;
}

const sameObject = (a, b) => (a.id !== undefined && b.id !== undefined ? a.id === b.id : a.name === b.name);

/** The changes from one document to another: `{ path, before, after }`, at most `limit`. */
export function changes(before, after, limit = 500, path = [], found = []) {
  if (found.length >= limit || equal(before, after)) return found;
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      changes(before[key], after[key], limit, [...path, key], found);
    }
  } else if (Array.isArray(before) && Array.isArray(after) && named(before) && named(after)) {
    for (const [label, one, other] of pairs(before, after)) changes(one, other, limit, [...path, label], found);
  } else {
    found.push({ path, before, after });
  }
  return found;
}

/**
 * `mine` and `theirs`, both made from `base`, as one. Where both changed the same thing mine stands, and the place is
 * listed in `clashes`.
 */
export function merge(base, mine, theirs, path = [], clashes = []) {
  if (equal(base, mine) || equal(mine, theirs)) return theirs;
  if (equal(base, theirs)) return mine;
  if (isObject(mine) && isObject(theirs)) {
    const old = isObject(base) ? base : {};
    const result = {};
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
      const value = merge(old[key], mine[key], theirs[key], [...path, key], clashes);
      if (value !== undefined) result[key] = value;
    }
    return result;
  }
  if (Array.isArray(mine) && Array.isArray(theirs) && named(mine) && named(theirs)) {
    const old = Array.isArray(base) && named(base) ? base : [];
    return mergeLists(old, mine, theirs, path, clashes);
  }
  clashes.push(path);
  return mine;
}

function mergeLists(base, mine, theirs, path, clashes) {
  const [ancestor, mineOf, their] = [finder(base), finder(mine), finder(theirs)];
  const result = [];
  for (const item of theirs) {
    const own = mineOf(item);
    const old = ancestor(item);
    if (own === undefined && old !== undefined) {
      // I deleted it; if they changed it meanwhile the deletion stands and is told.
      if (!equal(old, item)) clashes.push([...path, item.name]);
      continue;
    }
    result.push(own === undefined ? item : merge(old, own, item, [...path, item.name], clashes));
  }
  for (const item of mine) {
    if (their(item)) continue;
    const old = ancestor(item);
    if (old === undefined) result.push(item);
    else if (!equal(old, item)) {
      clashes.push([...path, item.name]);
      result.push(item);
    }
  }
  return result;
}
