// The picture as the node draws it, read into shapes. The page's policy allows no HTML made of text, and names in a
// picture are a site's: only what the node's pen is known to draw is taken, and anything else is no picture.

/** Shape is an element of a picture; a child that is a string is its text. */
export interface Shape {
  tag: string;
  attributes: Record<string, string>;
  children: (Shape | string)[];
}

const tags = new Set(['svg', 'defs', 'marker', 'path', 'g', 'title', 'rect', 'text', 'tspan']);
const attributes = new Set(
  (
    'viewBox font-family font-size font-weight text-anchor fill stroke marker-end id refX refY markerWidth ' +
    'markerHeight orient d x y width height rx'
  ).split(' '),
);
const arrow = 'a'; // the one name in a picture, and what refers to it

/** shapeOf reads a picture. It throws an Error that says where when there is anything in it that is not known. */
export function shapeOf(svg: string): Shape {
  const piece = /<(\/?)([A-Za-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  const top: Shape = { tag: '', attributes: {}, children: [] };
  const open = [top];
  for (let at = 0; at < svg.length; at = piece.lastIndex) {
    piece.lastIndex = at;
    const found = piece.exec(svg);
    if (!found || !take(open, found)) throw new Error(`not a picture from its character ${at} on`);
  }
  const root = top.children[0];
  if (open.length !== 1 || top.children.length !== 1 || typeof root !== 'object' || root.tag !== 'svg')
    throw new Error('not one whole picture');
  return root;
}

/** take adds a tag or a text to the innermost of the shapes that are open; false: it does not belong there. */
function take(open: Shape[], [, closing, tag = '', given = '', empty, text]: RegExpExecArray): boolean {
  const inner = open[open.length - 1];
  if (!inner) return false;
  if (text !== undefined) {
    if (isText(inner.tag)) inner.children.push(plain(text));
    return isText(inner.tag) || text.trim() === '';
  }
  if (closing) return !given && !empty && open.length > 1 && open.pop()?.tag === tag;
  const read = attributesOf(given);
  if (!tags.has(tag) || !read) return false;
  const shape = { tag, attributes: read, children: [] };
  inner.children.push(shape);
  if (!empty) open.push(shape);
  return true;
}

function isText(tag: string): boolean {
  return tag === 'text' || tag === 'tspan' || tag === 'title';
}

function attributesOf(given: string): Record<string, string> | undefined {
  const read: Record<string, string> = {};
  for (const [, name = '', value = ''] of given.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    if (name === 'xmlns') continue; // the page's own elements have it
    if (!attributes.has(name) || !harmless(name, value)) return undefined;
    read[name] = plain(value);
  }
  return read;
}

/** harmless: nothing is named or fetched but the arrow. */
function harmless(name: string, value: string): boolean {
  if (name === 'id') return value === arrow;
  if (name === 'marker-end') return value === `url(#${arrow})`;
  return !/url|:|\\/i.test(value);
}

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' };

function plain(text: string): string {
  return text.replace(/&(amp|lt|gt|quot);/g, (_, name: string) => named[name] ?? '');
}

/** sizeOf is how wide and high a picture is, in its own units. */
export function sizeOf(shape: Shape): { width: number; height: number } {
  const [, , width = 0, height = 0] = (shape.attributes.viewBox ?? '').split(' ').map(Number);
  return { width, height };
}
