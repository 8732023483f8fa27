// A visitor's call: a pass of the node for one call to one number, a microphone if there is one, a line.
import { signal } from '@preact/signals';
import { Api, type Problem } from '../shared/api';
import { t } from '../shared/i18n';
import { Line } from '../shared/line';
import { faultOf, microphone, silence, wake } from '../shared/sound';

export type Stage = 'idle' | 'calling' | 'talking' | 'over';

export class Visit {
  readonly stage = signal<Stage>('idle');
  readonly notice = signal('');
  readonly off = signal(false);
  readonly began = signal(0);
  readonly lasted = signal(0);
  readonly number = signal('');
  readonly line = new Line({ register: false, onEnd: e => this.ended(e.talked, e.status, e.byUs) });
  private readonly api = new Api('');

  constructor() {
    this.line.talk.subscribe(talk => {
      if (talk?.phase === 'talking' && this.stage.value === 'calling') {
        this.began.value = talk.began;
        this.stage.value = 'talking';
      }
    });
  }

  /** call is begun by a click, within which the browser allows sound. */
  async call(): Promise<void> {
    if (this.stage.value === 'calling' || this.stage.value === 'talking') return;
    this.stage.value = 'calling';
    this.notice.value = '';
    await wake();
    const stream = await this.ears();
    try {
      const pass = await this.api.visitorPass();
      this.number.value = pass.number ?? '';
      this.line.open(pass);
      await this.connected();
      this.line.call(`sip:${pass.number}@${pass.domain}`, stream);
    } catch (e) {
      for (const track of stream.getTracks()) track.stop();
      this.line.close();
      this.refused(e as Problem);
    }
  }

  hangUp(): void {
    if (this.line.talk.value) this.line.hangUp();
    else this.ended(false, 0, true);
  }

  /** ears: without a microphone the call is made all the same. */
  private async ears(): Promise<MediaStream> {
    try {
      return await microphone();
    } catch (e) {
      this.notice.value = `${t(`mic.${faultOf(e)}`)} ${t('try.nomic')}`;
      return silence();
    }
  }

  private connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = this.line.state.subscribe(state => {
        if (state === 'connecting') return;
        queueMicrotask(() => stop());
        if (state === 'ready') resolve();
        else reject(new Error(state));
      });
    });
  }

  private refused(p: Problem): void {
    this.stage.value = 'idle';
    if (p.status === 404) this.off.value = true;
    else if (p.status === 429 || p.status === 503) this.notice.value = t('try.busy');
    else this.notice.value = p.status ? p.message : t('net.none');
  }

  private ended(talked: boolean, status: number, byUs: boolean): void {
    this.lasted.value = talked ? (Date.now() - this.began.value) / 1000 : 0;
    this.stage.value = talked ? 'over' : 'idle';
    if (!talked && !byUs)
      this.notice.value = status === 503 ? t('try.busy') : t('try.refused', { status: status || '–' });
    this.line.close();
  }
}
