// What a person chose on this machine: kept in localStorage, never sent anywhere.
import { signal } from '@preact/signals';

export interface AudioChoice {
  /** Device ids; empty is the system's default. */
  microphone: string;
  speaker: string;
  ringer: string;
  echo: boolean;
  noise: boolean;
  gain: boolean;
}

const key = 'hotline.audio';
const standard: AudioChoice = { microphone: '', speaker: '', ringer: '', echo: true, noise: true, gain: true };

/** read completes what was stored; what can't be read counts as not stored. */
export function read(text: string | null): AudioChoice {
  try {
    const stored = JSON.parse(text ?? '{}') as Partial<AudioChoice>;
    return { ...standard, ...stored };
  } catch {
    return { ...standard };
  }
}

export const audio = signal<AudioChoice>(read(globalThis.localStorage?.getItem(key) ?? null));

export function choose(change: Partial<AudioChoice>): void {
  audio.value = { ...audio.value, ...change };
  globalThis.localStorage?.setItem(key, JSON.stringify(audio.value));
}

/** constraints are what is asked of the microphone. A chosen one that is gone is no reason to be silent: "ideal", not "exact". */
export function constraints(a: AudioChoice): MediaTrackConstraints {
  return {
    echoCancellation: a.echo,
    noiseSuppression: a.noise,
    autoGainControl: a.gain,
    channelCount: 1,
    ...(a.microphone && { deviceId: { ideal: a.microphone } }),
  };
}
