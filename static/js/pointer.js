// JSON pointers (RFC 6901) on plain documents.

const escape = (part) => String(part).replaceAll("~", "~0").replaceAll("/", "~1");
const unescape = (part) => part.replaceAll("~1", "/").replaceAll("~0", "~");

export const parts = (pointer) => (pointer === "" ? [] : pointer.split("/").slice(1).map(unescape));
export const join = (base, ...more) => more.reduce((pointer, part) => `${pointer}/${escape(part)}`, base);
const parent = (pointer) => pointer.slice(0, pointer.lastIndexOf("/"));

export function read(document, pointer) {
  return parts(pointer).reduce(
    (value, part) => (value === undefined || value === null ? undefined : value[part]),
    document,
  );
}

/** Writes a value, making the objects on the way. */
export function write(document, pointer, value) {
  const path = parts(pointer);
  const last = path.pop();
  let place = document;
  path.forEach((part, index) => {
    if (place[part] === undefined || place[part] === null) {
      const next = path[index + 1] ?? last;
      place[part] = /^\d+$/.test(next) ? [] : {};
    }
    place = place[part];
  });
  place[last] = value;
}

/** Takes a member away, and objects that become empty by it. */
export function remove(document, pointer) {
  const above = read(document, parent(pointer));
  const last = parts(pointer).at(-1);
  if (above === undefined || above === null) return;
  if (Array.isArray(above)) above.splice(Number(last), 1);
  else delete above[last];
  const up = parent(pointer);
  if (
    up !== "" &&
    !Array.isArray(above) &&
    Object.keys(above).length === 0 &&
    !Array.isArray(read(document, parent(up)))
  ) {
    remove(document, up);
  }
}
