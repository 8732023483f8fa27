// A softphone line: JsSIP over the node's own WebSocket, one call at a time, told as signals.
import { signal } from '@preact/signals';
import { C, debug, UA, WebSocketInterface } from 'jssip';
import type { RTCSession, SDPEvent } from 'jssip/lib/RTCSession';
import type { IncomingRequest } from 'jssip/lib/SIPMessage';
import type { RTCSessionEvent, UnRegisteredEvent } from 'jssip/lib/UA';
import type { Pass } from './api';
import { type Dialog, dialogOf, onHold, replaces } from './dialog';
import { meter, microphone, silence, Voice } from './sound';

/** State of the line's way to the node. */
export type LineState = 'off' | 'connecting' | 'ready' | 'lost' | 'refused';

/** Talk is the call on the line, as far as SIP knows it. */
export interface Talk {
  id: string;
  incoming: boolean;
  phase: 'ringing' | 'answering' | 'calling' | 'resuming' | 'talking';
  /** What the INVITE shows beside the number: the queue's title. */
  shown: string;
  held: boolean;
  heldByThem: boolean;
  muted: boolean;
  /** When both could talk, in milliseconds. */
  began: number;
  /** Names it from then on. */
  dialog: Dialog | null;
}

/** Was is a call of an earlier load of the page. */
export type Was = Pick<Talk, 'began' | 'held' | 'muted'> & { dialog: Dialog };

/** Ended tells how a call came to its end. */
export interface Ended {
  id: string;
  incoming: boolean;
  talked: boolean;
  byUs: boolean;
  cause: string;
  status: number;
}

export interface LineOptions {
  /** Does the line register, to be rung, or only call? */
  register: boolean;
  /** itself: the node asks for it to be picked up by itself, as what somebody of ours has asked for. */
  onRing?(itself: boolean): void;
  onEnd?(e: Ended): void;
  onMicrophone?(error: unknown): void;
}

const never = 24 * 3600; // the node's offers have a time limit of their own
const offer = { iceServers: [], bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' } satisfies RTCConfiguration;

debug.disable();

/** socketURL is the node's SIP socket as seen from a page. */
export function socketURL(page: { protocol: string; host: string }): string {
  return `${page.protocol === 'https:' ? 'wss' : 'ws'}://${page.host}/sip`;
}

function statusOf(e: { message?: unknown }): number {
  return (e.message as { status_code?: number } | null)?.status_code ?? 0;
}

/** asksItself reads RFC 5373: the node asks a phone to pick up what its own agent has asked for. */
function asksItself(invite: unknown): boolean {
  return (invite as IncomingRequest).getHeader('Answer-Mode') === 'Auto';
}

export class Line {
  readonly state = signal<LineState>('off');
  readonly talk = signal<Talk | null>(null);
  readonly hears = signal(0);
  readonly says = signal(0);
  private ua: UA | undefined;
  private account = '';
  private session: RTCSession | undefined;
  private stream: MediaStream | undefined;
  private readonly voice = new Voice();
  private meters: (() => void)[] = [];

  constructor(private readonly o: LineOptions) {}

  /** open connects, and registers if it is to. */
  open(pass: Pass): void {
    this.close();
    this.account = `sip:${pass.user}@${pass.domain}`;
    const ua = new UA({
      sockets: [new WebSocketInterface(socketURL(location))],
      uri: this.account,
      authorization_jwt: `Bearer ${pass.token}`,
      register: this.o.register,
      register_expires: 300,
      session_timers: true,
      no_answer_timeout: never,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 8,
      user_agent: 'Hotline console',
    });
    this.ua = ua;
    this.state.value = 'connecting';
    ua.on('connected', () => {
      if (!this.o.register) this.state.value = 'ready';
    });
    ua.on('disconnected', () => {
      if (this.ua === ua) this.state.value = 'lost';
    });
    ua.on('registered', () => {
      this.state.value = 'ready';
      this.refresh();
    });
    ua.on('registrationFailed', (e: UnRegisteredEvent) => {
      const status = e.response?.status_code ?? 0;
      // Anything but a refusal mends itself: JsSIP registers anew once it is connected.
      this.state.value = status === 401 || status === 403 || status === 407 ? 'refused' : 'lost';
    });
    ua.on('newRTCSession', (e: RTCSessionEvent) => this.take(e));
    ua.start();
  }

  close(): void {
    const ua = this.ua;
    this.ua = undefined;
    ua?.stop();
    this.over();
    this.state.value = 'off';
  }

  /** call calls a number; the stream is what it sends. */
  call(number: string, stream: MediaStream): void {
    this.stream = stream;
    this.ua?.call(number, { mediaStream: stream, mediaConstraints: { audio: true, video: false }, pcConfig: offer });
  }

  /**
   * resume takes the place of a dialog that an earlier load of the page had: the call goes on, held and muted as it was.
   * It gives the SIP status that came of it, 200 when the call is here, 0 when nothing came or the line is not free.
   */
  resume(was: Was, stream: MediaStream): Promise<number> {
    if (!this.ua || this.session || this.state.value !== 'ready') {
      for (const track of stream.getTracks()) track.stop();
      return Promise.resolve(0);
    }
    this.stream = stream;
    for (const track of stream.getTracks()) track.enabled = !was.muted;
    const s = this.ua.call(this.account, {
      mediaStream: stream,
      mediaConstraints: { audio: true, video: false },
      pcConfig: offer,
      extraHeaders: replaces(was.dialog),
    });
    this.change({ phase: 'resuming', began: was.began, held: was.held, muted: was.muted });
    let first = was.held; // an offer that has a customer come off hold before the re-INVITE would let him hear the room
    s.on('sdp', (e: SDPEvent) => {
      if (first && e.originator === 'local') e.sdp = onHold(e.sdp);
      first = false;
    });
    s.on('confirmed', () => {
      if (was.muted) s.mute({ audio: true });
      if (was.held) s.hold();
    });
    return new Promise(resolve => {
      s.on('accepted', () => resolve(200));
      const failed = (e: { message?: unknown }) => resolve(statusOf(e));
      s.on('failed', failed);
      s.on('ended', failed);
    });
  }

  /** answer picks up. Without a microphone nobody is picked up, but by who only listens. */
  async answer(listens = false): Promise<void> {
    const s = this.session;
    if (!s || this.talk.value?.phase !== 'ringing') return;
    this.change({ phase: 'answering' });
    try {
      this.stream = await microphone();
    } catch (error) {
      if (!listens) {
        if (this.session === s) s.terminate({ status_code: 480 });
        this.o.onMicrophone?.(error);
        return;
      }
      this.stream = silence();
    }
    if (this.session !== s || s.isEnded()) {
      this.silence(); // the caller has gone while the browser asked for the microphone
      return;
    }
    s.answer({ mediaStream: this.stream, pcConfig: offer });
  }

  hangUp(): void {
    const s = this.session;
    if (!s || s.isEnded()) return;
    const declines = this.talk.value?.incoming && !s.isEstablished();
    s.terminate(declines ? { status_code: 603 } : {});
  }

  hold(on: boolean): void {
    if (on) this.session?.hold();
    else this.session?.unhold();
  }

  mute(on: boolean): void {
    if (on) this.session?.mute({ audio: true });
    else this.session?.unmute({ audio: true });
  }

  /** key sends a digit as RFC 4733 says. */
  key(digit: string): void {
    if (this.talk.value?.phase !== 'talking') return;
    this.session?.sendDTMF(digit, { transportType: C.DTMF_TRANSPORT.RFC2833, duration: 120, interToneGap: 80 });
  }

  /** replay starts sound that the browser had blocked. */
  replay(): void {
    void this.voice.again();
  }

  /** refresh tells the node, after the connection came back, where this end of a live dialog is now. */
  private refresh(): void {
    const s = this.session;
    if (s?.isEstablished()) s.renegotiate();
  }

  private take({ session: s, originator, request }: RTCSessionEvent): void {
    const incoming = originator === 'remote';
    if (this.session && incoming) {
      s.terminate({ status_code: 486 });
      return;
    }
    this.session = s;
    this.talk.value = {
      id: s.id,
      incoming,
      phase: incoming ? 'ringing' : 'calling',
      shown: incoming ? (s.remote_identity.display_name ?? '') : '',
      held: false,
      heldByThem: false,
      muted: false,
      began: 0,
      dialog: null,
    };
    this.watch(s, incoming, request);
    if (incoming) this.o.onRing?.(asksItself(request));
  }

  private watch(s: RTCSession, incoming: boolean, invite: unknown): void {
    let talked = false;
    s.on('accepted', (e: { response?: unknown }) => {
      talked = true;
      const dialog = dialogOf(incoming ? invite : e.response, incoming);
      this.change({ phase: 'talking', began: this.talk.value?.began || Date.now(), dialog });
    });
    s.on('hold', e => this.change(e.originator === 'local' ? { held: true } : { heldByThem: true }));
    s.on('unhold', e => this.change(e.originator === 'local' ? { held: false } : { heldByThem: false }));
    s.on('muted', () => this.change({ muted: true }));
    s.on('unmuted', () => this.change({ muted: false }));
    s.on('peerconnection', e => this.join(e.peerconnection));
    if (s.connection) this.join(s.connection);
    // The node is ICE-lite and learns our address from what we send: no candidate of ours is needed, none is waited for.
    s.on('icecandidate', e => e.ready());
    const end = (e: { originator: string; cause: string; message?: unknown }) => {
      if (this.session !== s) return;
      this.over();
      this.o.onEnd?.({
        id: s.id,
        incoming,
        talked,
        byUs: e.originator === 'local',
        cause: e.cause,
        status: statusOf(e),
      });
    };
    s.on('ended', end);
    s.on('failed', end);
  }

  private join(pc: RTCPeerConnection): void {
    pc.addEventListener('track', e => {
      const stream = e.streams[0] ?? new MediaStream([e.track]);
      void this.voice.play(stream);
      for (const stop of this.meters) stop();
      this.meters = [meter(stream, l => (this.hears.value = l))];
      if (this.stream) this.meters.push(meter(this.stream, l => (this.says.value = this.talk.value?.muted ? 0 : l)));
    });
  }

  private change(c: Partial<Talk>): void {
    if (this.talk.value) this.talk.value = { ...this.talk.value, ...c };
  }

  private over(): void {
    this.session = undefined;
    this.talk.value = null;
    for (const stop of this.meters) stop();
    this.meters = [];
    this.voice.stop();
    this.silence();
  }

  private silence(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = undefined;
  }
}
