import { expect, test } from 'vitest';
import { type Shape, shapeOf, sizeOf } from './svg';

// As the node draws: a site named a node <script>, with a quote and an ampersand.
const drawn = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 260 134" font-family="sans-serif" font-size="12">
<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>
<path d="M130 74v30" fill="none" stroke="#777" marker-end="url(#a)"/><text x="133" y="86" fill="#246" font-size="10">1 → 别处 <tspan fill="#b00">×12</tspan></text>
<g><title>&lt;script&gt; (say) &quot;a&quot; &amp;lt; b</title><rect x="40" y="30" width="180" height="44" rx="4" fill="#eef3fb" stroke="#555"/><text x="130" y="48" text-anchor="middle" font-weight="bold">&lt;script&gt;</text></g>
</svg>
`;

/** words are all texts of a picture, in their order. */
function words(s: Shape): string[] {
  return s.children.flatMap(c => (typeof c === 'string' ? [c] : words(c)));
}

test('a picture is read as it was drawn, and what a site named stays text', () => {
  const shape = shapeOf(drawn);
  expect(sizeOf(shape)).toEqual({ width: 260, height: 134 });
  expect(shape.children.map(c => (c as Shape).tag)).toEqual(['defs', 'path', 'text', 'g']);
  expect(words(shape)).toEqual(['1 → 别处 ', '×12', '<script> (say) "a" &lt; b', '<script>']);
  expect(shape.attributes).toEqual({ viewBox: '0 0 260 134', 'font-family': 'sans-serif', 'font-size': '12' });
  expect((shape.children[1] as Shape).attributes['marker-end']).toBe('url(#a)');
});

test('what the pen does not draw is no picture', () => {
  const within = (inner: string) => `<svg viewBox="0 0 1 1">${inner}</svg>`;
  expect(shapeOf(within('<g></g>')).children).toHaveLength(1);
  for (const bad of [
    '<script>alert(1)</script>',
    '<foreignObject></foreignObject>',
    '<image x="1"/>',
    '<use x="1"/>',
    '<a><text>x</text></a>',
    '<g onclick="alert(1)"></g>',
    '<g style="x"></g>',
    '<rect fill="url(https://example.org/x)"/>',
    '<rect fill="url(#b)"/>',
    '<path d="x" href="javascript:1"/>',
    '<path marker-end="url(#b)"/>',
    '<g id="app"></g>',
    '<g x=1></g>',
    '<g',
    '<g>',
    '</g>',
    '<g></g x="1">',
    '<!-- x -->',
    '<![CDATA[x]]>',
    'words between shapes',
  ])
    expect(() => shapeOf(within(bad)), bad).toThrow('not');
  for (const bad of ['', 'words', '<g></g>', '<svg></svg><svg></svg>', '<svg/>x', '<!DOCTYPE svg><svg/>'])
    expect(() => shapeOf(bad), bad).toThrow('not');
});
