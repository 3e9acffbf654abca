/** Whether the pattern means the room: `*` stands for any characters. In linear time, whatever is asked for. */
export function isMeant(pattern: string, room: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === room;
  if (!room.startsWith(first) || room.length < first.length + last.length || !room.endsWith(last)) return false;
  let from = first.length;
  for (const part of rest) {
    const found = room.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return from <= room.length - last.length;
}
