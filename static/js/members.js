// Objects of which some members go with a kind: what the kind at hand does not have is let go, and returns with its kind.

const forgotten = new WeakMap();

/** `members` is kind -> names with blanks between. */
export function keepToKind(object, kind, members) {
  const own = members[kind]?.split(" ");
  if (!object || !own) return;
  const kept = forgotten.get(object) ?? {};
  forgotten.set(object, kept);
  for (const member of new Set(Object.values(members).flatMap((list) => list.split(" ")))) {
    if (!own.includes(member) && object[member] !== undefined) {
      kept[member] = object[member];
      delete object[member];
    } else if (own.includes(member) && object[member] === undefined && kept[member] !== undefined) {
      object[member] = kept[member];
      delete kept[member];
    }
  }
}
