// Live events of the node: one EventSource, opened anew with a new ticket whenever it ends.

/** Handlers hear what a stream brings. */
export interface Handlers {
  /** opened: what went on before was not told; read the present state now. */
  opened(): void;
  event(kind: string, data: unknown): void;
  /** lost: nothing is heard until the next opened. */
  lost(): void;
}

/** Source is as much of an EventSource as is used here. */
export interface Source {
  addEventListener(kind: string, hear: (e: { data?: string }) => void): void;
  close(): void;
}

export interface Tools {
  ticket(): Promise<string>;
  open(url: string): Source;
  later(run: () => void, ms: number): unknown;
  random(): number;
}

/** Wanted is what is listened to: these kinds, of seats and calls those of one agent or of all. */
export interface Wanted {
  kinds: readonly ('call' | 'seat' | 'queue' | 'site')[];
  agent?: string;
}

/** pause is how long to wait before try number n, from 0: one second doubling to fifteen, a fifth by lot, so that a floor does not come back at once. */
export function pause(n: number, lot: number): number {
  return Math.min(1000 * 2 ** n, 15_000) * (0.8 + 0.4 * lot);
}

/** listen keeps a stream of events open until the function it gives is called. */
export function listen({ kinds, agent }: Wanted, h: Handlers, tools: Tools): () => void {
  let source: Source | undefined;
  let tries = 0;
  let over = false;
  const again = () => {
    source?.close();
    source = undefined;
    if (over) return;
    h.lost();
    tools.later(() => void open(), pause(tries++, tools.random()));
  };
  const open = async () => {
    if (over) return;
    let ticket: string;
    try {
      ticket = await tools.ticket();
    } catch {
      again();
      return;
    }
    if (over) return;
    const mine = tools.open(
      `/api/v1/events?kinds=${kinds.join(',')}${agent ? `&agent=${agent}` : ''}&ticket=${ticket}`,
    );
    source = mine;
    mine.addEventListener('open', () => {
      tries = 0;
      h.opened();
    });
    for (const kind of kinds) mine.addEventListener(kind, e => h.event(kind, JSON.parse(e.data ?? 'null')));
    // A ticket opens one stream: the browser's own second try would be refused, so it gets none.
    for (const end of ['error', 'end']) {
      mine.addEventListener(end, () => {
        if (source === mine) again();
      });
    }
  };
  void open();
  return () => {
    over = true;
    source?.close();
  };
}
