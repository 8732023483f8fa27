// Everything that is heard or measured on this side: the far end's sound, the ring, levels, the microphone.
import { signal } from '@preact/signals';
import { audio, constraints } from './settings';

type Sinkable = { setSinkId?: (id: string) => Promise<void> };

let context: AudioContext | undefined;

/** blocked tells that the browser plays nothing before the person has clicked somewhere (autoplay rules). */
export const blocked = signal(false);

/** tools gives the page's one audio context. */
export function tools(): AudioContext {
  if (!context) {
    context = new AudioContext();
    const look = () => {
      blocked.value = context?.state === 'suspended';
    };
    context.addEventListener('statechange', look);
    look();
  }
  return context;
}

/** wake is called within a click or key press, when the browser allows sound. */
export async function wake(): Promise<void> {
  await tools().resume();
  blocked.value = tools().state === 'suspended';
}

async function sink(target: Sinkable, id: string): Promise<void> {
  // A speaker that has been unplugged leaves the default one.
  await target.setSinkId?.(id).catch(() => {});
}

/** Voice plays the far end. */
export class Voice {
  private readonly element = new Audio();

  constructor() {
    this.element.autoplay = true;
  }

  async play(stream: MediaStream): Promise<void> {
    await sink(this.element as Sinkable, audio.value.speaker);
    this.element.srcObject = stream;
    await this.element.play().catch(() => {
      blocked.value = true;
    });
  }

  async again(): Promise<void> {
    if (!this.element.srcObject) return;
    await sink(this.element as Sinkable, audio.value.speaker);
    await this.element.play().catch(() => {});
  }

  stop(): void {
    this.element.pause();
    this.element.srcObject = null;
  }
}

/** Ring rings until it is stopped: two notes, a pause. No file is fetched for it. */
export class Ring {
  private timer: ReturnType<typeof setInterval> | undefined;

  start(): void {
    if (this.timer) return;
    void sink(tools() as unknown as Sinkable, audio.value.ringer);
    const once = () => {
      note(660, 0);
      note(880, 0.18);
      note(660, 0.7);
      note(880, 0.88);
    };
    once();
    this.timer = setInterval(once, 2500);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

function note(hz: number, after: number): void {
  const ctx = tools();
  const at = ctx.currentTime + after;
  const tone = ctx.createOscillator();
  const loud = ctx.createGain();
  tone.frequency.value = hz;
  loud.gain.setValueAtTime(0.0001, at);
  loud.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
  loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.45);
  tone.connect(loud).connect(ctx.destination);
  tone.start(at);
  tone.stop(at + 0.5);
}

/** How a microphone could not be had. */
export type MicrophoneFault = 'denied' | 'missing' | 'busy' | 'insecure';

/** faultOf names why getUserMedia failed. */
export function faultOf(error: unknown): MicrophoneFault {
  const name = (error as { name?: string } | null)?.name ?? '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy';
  if (name === 'TypeError') return 'insecure';
  return 'missing';
}

/** microphone opens the chosen microphone. It throws what faultOf names. */
export function microphone(): Promise<MediaStream> {
  // On a page that is neither https nor on this machine, browsers have no mediaDevices at all.
  if (!navigator.mediaDevices?.getUserMedia) return Promise.reject(new TypeError('no secure context'));
  return navigator.mediaDevices.getUserMedia({ audio: constraints(audio.value), video: false });
}

/** silence is a stream for who has no microphone: the call goes on, and he hears. */
export function silence(): MediaStream {
  return tools().createMediaStreamDestination().stream;
}

/** meter calls back with the level of a stream, 0 to 1, until its function is called. */
export function meter(stream: MediaStream, tell: (level: number) => void): () => void {
  const ctx = tools();
  const source = ctx.createMediaStreamSource(stream);
  const analyser = ctx.createAnalyser();
  analyser.fftSize = 512;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    tell(levelOf(samples));
  }, 80);
  return () => {
    clearInterval(timer);
    source.disconnect();
    tell(0);
  };
}

/** levelOf is how loud samples are, from 0 (under −55 dB) to 1 (−5 dB): what an eye takes for even steps. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const s of samples) sum += s * s;
  const db = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.min(1, Math.max(0, (db + 55) / 50));
}
