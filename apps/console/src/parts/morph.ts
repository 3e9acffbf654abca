/** Names an element among its neighbours. */
const KEY = 'data-key';
/** What a visitor changes: it stays as they have it. */
const OWN = new Set(['open', 'value', 'checked']);

/**
 * Makes an element's content like that of another one, and changes only what differs: whoever has the focus on a button, or has marked
 * a text, keeps both while figures beside it change. Elements with a key are found again wherever they go.
 */
export function morph(target: Element, wanted: Node): void {
  const keyed = new Map<string, Element>();
  for (const child of target.children) {
    const key = child.getAttribute(KEY);
    if (key !== null) keyed.set(key, child);
  }
  let next = target.firstChild;
  for (const child of [...wanted.childNodes]) {
    const known = findKnown(child, next, keyed);
    if (known === undefined) {
      target.insertBefore(child, next);
      continue;
    }
    if (known === next) next = next.nextSibling;
    else target.insertBefore(known, next);
    update(known, child);
  }
  while (next !== null) {
    const rest: ChildNode = next;
    next = next.nextSibling;
    rest.remove();
  }
}

/** The node that becomes this one; undefined where it is new. */
function findKnown(wanted: Node, next: ChildNode | null, keyed: Map<string, Element>): ChildNode | undefined {
  const key = wanted instanceof Element ? wanted.getAttribute(KEY) : null;
  if (key !== null) {
    const known = keyed.get(key);
    keyed.delete(key);
    return known?.nodeName === wanted.nodeName ? known : undefined;
  }
  if (next === null || next.nodeName !== wanted.nodeName) return undefined;
  return next instanceof Element && next.hasAttribute(KEY) ? undefined : next;
}

function update(known: ChildNode, wanted: Node): void {
  if (!(known instanceof Element) || !(wanted instanceof Element)) {
    if (known.nodeValue !== wanted.nodeValue) known.nodeValue = wanted.nodeValue;
    return;
  }
  for (const { name } of [...known.attributes]) {
    if (!wanted.hasAttribute(name) && !OWN.has(name)) known.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (!OWN.has(name) && known.getAttribute(name) !== value) known.setAttribute(name, value);
  }
  morph(known, wanted);
}
