// What follows from what, without waiting: the choice in the address, the rows, the zoom.
import type { Flow, FlowSummary } from '../shared/api';

/** chosenIn is the flow that an address's fragment names; empty: none. */
export function chosenIn(fragment: string): string {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('flow') ?? '';
}

/** fragmentOf is the fragment that names a flow. */
export function fragmentOf(flow: string): string {
  return `#flow=${encodeURIComponent(flow)}`;
}

/** busiest is the flow to show to who has chosen none: that which most callers came to; the first of equals. */
export function busiest(flows: FlowSummary[]): string {
  let best = flows[0];
  for (const f of flows) if (best && f.entered > best.entered) best = f;
  return best?.name ?? '';
}

/** matching are the flows whose names have the text in them. */
export function matching(flows: FlowSummary[], text: string): FlowSummary[] {
  const wish = text.trim().toLowerCase();
  return flows.filter(f => f.name.toLowerCase().includes(wish));
}

/** Way is an edge as a row. */
export interface Way {
  /** Which it is, among those of its flow. */
  id: string;
  from: string;
  label: string;
  /** The flow it leads into; empty: its own. */
  flow: string;
  node: string;
  taken: number;
}

/** waysOf are a flow's edges in the order of its nodes. */
export function waysOf(flow: Flow): Way[] {
  return flow.nodes.flatMap(n =>
    n.edges.map(e => ({
      id: `${n.name}>${e.flow}/${e.node}`,
      from: n.name,
      label: e.label ?? '',
      flow: e.flow === flow.name ? '' : e.flow,
      node: e.node,
      taken: e.taken,
    })),
  );
}

/** The sizes a picture may have: 0 is as wide as there is room. */
const sizes = [0.25, 0.35, 0.5, 0.7, 1, 1.4, 2];
export const fit = 0;
export const whole = 1;

/** zoomed is the next size up or down; from the fitting one, from the picture's own. */
export function zoomed(now: number, up: boolean): number {
  const from = now === fit ? whole : now;
  const next = up ? sizes.find(s => s > from) : sizes.findLast(s => s < from);
  return next ?? from;
}

/** zoomOf is the zoom that a key asks for, if it asks for one. */
export function zoomOf(key: string, now: number): number | undefined {
  switch (key) {
    case '+':
    case '=': // the same key, unshifted
      return zoomed(now, true);
    case '-':
      return zoomed(now, false);
    case '0':
      return fit;
    case '1':
      return whole;
    default:
      return undefined;
  }
}

/** moved is the row that a key leads to from row at of so many; undefined: it leads nowhere. */
export function moved(key: string, at: number, rows: number): number | undefined {
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows - 1 }[key];
  return to === undefined || to < 0 || to >= rows ? undefined : to;
}
