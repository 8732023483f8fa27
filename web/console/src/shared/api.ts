// The node's HTTP API, as far as the pages use it (docs/web.md). Every failure is a Problem.

/** Session is who is signed in, as POST /session answers. */
export interface Session {
  token: string;
  user: string;
  agent: string;
  team: string;
  roles: string[];
  /** Teams a lead acts on; what an older page has kept has none. */
  leads?: string[];
}

/** Seat is a row of /seats. */
export interface Seat {
  agent: string;
  phone?: string;
  state: SeatState;
  since: string;
  reason?: string;
  minutes?: number;
  next?: string;
  break?: { reason?: string; minutes?: number; since: string };
  until?: string;
  queues: string[];
  call?: string;
  callback?: string;
  team?: string;
  group?: string;
  /** Whom a supervisor follows from call to call. */
  follows?: { agent: string; mode: 'monitor' | 'whisper' | 'barge' };
}

export type SeatState =
  | 'offline'
  | 'ready'
  | 'offered'
  | 'announcing'
  | 'talking'
  | 'held'
  | 'wrap_up'
  | 'busy'
  | 'break'
  | 'unreachable';

/** Wish is a state an agent may ask for. */
export type Wish = 'ready' | 'busy' | 'break' | 'offline';

/** TransferMode is how a customer is handed on: at once, or after asking, which has three ends. */
export type TransferMode = 'blind' | 'consult' | 'conference' | 'complete' | 'cancel';

/** Queue is a row of /queues. */
export interface Queue {
  name: string;
  title?: string;
  waiting: number;
  longest_wait_seconds: number;
  service_level: number | null;
  seats: Record<string, number>;
}

/** CallRecord is a call record; the numbers in it are masked by the node for who may not see them. */
export interface CallRecord {
  id: string;
  trunk: string;
  caller: string;
  caller_class: 'normal' | 'vip' | 'blocked';
  called: string;
  queue: string;
  agent: string;
  started_at: string;
  answered_at: string | null;
  ended_at: string | null;
  wait_seconds: number;
  talk_seconds: number;
  outcome: string | null;
  disposition: string;
  notes: string;
  /** Of one call only, not in lists. */
  timeline?: { seq: number; at: string; kind: string; text: string; data: unknown }[];
}

/** FlowSummary is a row of /flows. */
export interface FlowSummary {
  name: string;
  revision: number;
  nodes: number;
  /** In its nodes now. */
  callers: number;
  /** Came to its start since midnight. */
  entered: number;
  since: string;
}

/** FlowNode is a node of a flow; an edge's label is empty for what just follows. */
export interface FlowNode {
  name: string;
  kind: string;
  words?: string;
  callers: number;
  entered: number;
  edges: { label?: string; flow: string; node: string; taken: number }[];
}

/** Flow is a flow with its counts and its picture. */
export interface Flow {
  name: string;
  revision: number;
  nodes: FlowNode[];
  svg: string;
  since: string;
}

/** Pass is what a page's softphone shows at the SIP door: a token bound to one account, or to one number. */
export interface Pass {
  user: string;
  domain: string;
  number?: string;
  token: string;
  until: string;
}

/** Problem is an RFC 9457 answer, or that there was none. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly retryAfter = 0,
  ) {
    super(detail);
    this.name = 'Problem';
  }
}

/** problemOf reads what an answer that is no success says. */
export async function problemOf(r: Response): Promise<Problem> {
  const retry = Number(r.headers.get('Retry-After') ?? 0) || 0;
  try {
    const body = (await r.json()) as { code?: string; detail?: string; title?: string };
    return new Problem(r.status, body.code ?? 'internal', body.detail ?? body.title ?? r.statusText, retry);
  } catch {
    return new Problem(r.status, 'internal', r.statusText, retry);
  }
}

const base = '/api/v1';
/** How long an answer may take: a page that hangs is worse than one that says so. */
const patience = 15_000;

/** Api asks the node. onEnded is told when the session is over, wherever that shows first. */
export class Api {
  constructor(
    private readonly token: string,
    private readonly onEnded: () => void = () => {},
    private readonly send: typeof fetch = (input, init) => fetch(input, init),
  ) {}

  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = {};
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    let r: Response;
    try {
      r = await this.send(base + path, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(patience),
        cache: 'no-store',
      });
    } catch {
      throw new Problem(0, 'unavailable', '');
    }
    if (!r.ok) {
      if (r.status === 401 && this.token) this.onEnded();
      throw await problemOf(r);
    }
    return (r.status === 204 ? undefined : await r.json()) as T;
  }

  logIn(user: string, password: string): Promise<Session> {
    return this.ask('POST', '/session', { user, password });
  }

  logOut(): Promise<void> {
    return this.ask('DELETE', '/session');
  }

  phonePass(): Promise<Pass> {
    return this.ask('POST', '/session/phone');
  }

  visitorPass(): Promise<Pass> {
    return this.ask('POST', '/try');
  }

  seat(agent: string): Promise<Seat> {
    return this.ask('GET', `/seats/${agent}`);
  }

  async seats(): Promise<Seat[]> {
    return (await this.ask<{ items: Seat[] }>('GET', '/seats')).items;
  }

  async queues(): Promise<Queue[]> {
    return (await this.ask<{ items: Queue[] }>('GET', '/queues')).items;
  }

  async flows(): Promise<FlowSummary[]> {
    return (await this.ask<{ items: FlowSummary[] }>('GET', '/flows')).items;
  }

  flow(name: string): Promise<Flow> {
    return this.ask('GET', `/flows/${encodeURIComponent(name)}`);
  }

  setSeat(agent: string, state: Wish, reason = '', minutes = 0): Promise<Seat> {
    const body = { state, ...(reason && { reason }), ...(minutes && { minutes }) };
    return this.ask('POST', `/seats/${agent}/state`, body);
  }

  extendWrapUp(agent: string, minutes: number): Promise<Seat> {
    return this.ask('POST', `/seats/${agent}/wrap_up`, { minutes });
  }

  endWrapUp(agent: string): Promise<Seat> {
    return this.ask('POST', `/seats/${agent}/wrap_up`, { end: true });
  }

  call(id: string): Promise<CallRecord> {
    return this.ask('GET', `/calls/${id}`);
  }

  async recent(agent: string, limit: number): Promise<CallRecord[]> {
    return (await this.ask<{ items: CallRecord[] }>('GET', `/calls?agent=${agent}&limit=${limit}`)).items;
  }

  dispose(id: string, code: string, notes: string): Promise<void> {
    return this.ask('PUT', `/calls/${id}/disposition`, { code, notes });
  }

  survey(id: string): Promise<void> {
    return this.ask('POST', `/calls/${id}/survey`);
  }

  transfer(id: string, mode: TransferMode, to = ''): Promise<void> {
    return this.ask('POST', `/calls/${id}/transfer`, { mode, ...(to && { to }) });
  }

  help(id: string): Promise<void> {
    return this.ask('POST', `/calls/${id}/help`, {});
  }

  supervise(id: string, mode: string, seat: string): Promise<void> {
    return this.ask('POST', `/calls/${id}/supervise`, { mode, seat });
  }

  unsupervise(id: string): Promise<void> {
    return this.ask('DELETE', `/calls/${id}/supervise`);
  }

  follow(agent: string, mode: string): Promise<void> {
    return this.ask('POST', `/seats/${agent}/supervise`, { mode });
  }

  unfollow(agent: string): Promise<void> {
    return this.ask('DELETE', `/seats/${agent}/supervise`);
  }

  async ticket(): Promise<string> {
    return (await this.ask<{ ticket: string }>('POST', '/events/ticket')).ticket;
  }
}
