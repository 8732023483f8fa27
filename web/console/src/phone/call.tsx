import { useSignal } from '@preact/signals';
import type { CallRecord } from '../shared/api';
import { clock, left, number, since } from '../shared/format';
import { t } from '../shared/i18n';
import type { Talk } from '../shared/line';
import { Button, Icon, Keypad, Level } from '../shared/ui';
import { Mute } from './controls';
import type { Desk } from './desk';
import { Supervising } from './leads';
import { customerOf, shownKey } from './model';

/** The middle of the desk: what the agent has before him now. */
export function CallCard({ desk }: { desk: Desk }) {
  const scene = desk.scene.value;
  return (
    <section class={`card call ${scene}`} aria-label={t('call.caller')} aria-live="polite" data-scene={scene}>
      {scene === 'idle' && <Idle ready={desk.state.value === 'ready'} />}
      {scene === 'ringing' && <Ringing desk={desk} />}
      {scene === 'resuming' && <Resuming desk={desk} />}
      {scene === 'talking' && (desk.supervising.value ? <Supervising desk={desk} /> : <Talking desk={desk} />)}
      {scene === 'elsewhere' && <p class="quiet-scene">{t('call.live')}</p>}
      {scene === 'wrap_up' && <WrapUp desk={desk} />}
    </section>
  );
}

function Idle({ ready }: { ready: boolean }) {
  return (
    <div class="quiet-scene">
      <span class={`halo ${ready ? 'on' : ''}`}>
        <Icon name="phone" />
      </span>
      <p>{ready ? t('call.none.ready') : t('call.none.idle')}</p>
    </div>
  );
}

/** Who calls, as the node lets this agent see it. Until the node has answered, the queue alone is known. */
function Who({ desk, talk }: { desk: Desk; talk: Talk | null }) {
  const record = desk.current.value;
  const customer = record && customerOf(record, desk.seat.value);
  const queue = record?.queue ? titleOf(desk, record.queue) : (talk?.shown ?? '');
  return (
    <div class="who-calls">
      <p class="number" data-caller={customer?.number ?? ''}>
        {customer?.web ? t('call.web') : customer ? number(customer.number) || t('call.hidden') : '…'}
      </p>
      <p class="badges">
        {customer?.vip && <span class="badge vip">{vipName(customer.level)}</span>}
        {queue && <span class="badge">{queue}</span>}
        {customer?.callback && <span class="badge">{t('call.callback')}</span>}
        {record && !record.answered_at && <Waited record={record} now={desk.now.value} />}
      </p>
      {record && (
        <p class="hint">
          {t('call.called')} {record.called}
        </p>
      )}
    </div>
  );
}

function vipName(level: string): string {
  return level === 'diamond' || level === 'gold' || level === 'silver' ? t(`call.vip.${level}`) : t('call.vip');
}

function titleOf(desk: Desk, queue: string): string {
  return desk.queues.value.find(q => q.name === queue)?.title ?? queue;
}

function Waited({ record, now }: { record: CallRecord; now: number }) {
  return <span class="badge">{t('call.waited', { t: clock(since(record.started_at, now)) })}</span>;
}

function Ringing({ desk }: { desk: Desk }) {
  const talk = desk.line.talk.value;
  const answering = talk?.phase === 'answering';
  return (
    <>
      <h2>{answering ? t('call.answering') : t('call.incoming')}</h2>
      <Who desk={desk} talk={talk} />
      {desk.seat.value?.until && !answering && (
        <time class="big">{clock(left(desk.seat.value.until, desk.now.value))}</time>
      )}
      <div class="row">
        <Button
          tone="good"
          class="big"
          icon="phone"
          keys={shownKey('answer')}
          data-deed="answer"
          disabled={answering}
          onClick={() => void desk.line.answer()}
        >
          {t('call.answer')}
        </Button>
        <Button
          tone="bad"
          class="big"
          icon="end"
          keys={shownKey('hangup')}
          data-deed="hangup"
          onClick={() => desk.line.hangUp()}
        >
          {t('call.decline')}
        </Button>
      </div>
    </>
  );
}

/** A call from before a reload is on its way here. */
function Resuming({ desk }: { desk: Desk }) {
  return (
    <>
      <h2>{t('call.resuming')}</h2>
      <Who desk={desk} talk={null} />
    </>
  );
}

function Talking({ desk }: { desk: Desk }) {
  const talk = desk.line.talk.value;
  const panel = useSignal<'none' | 'keypad' | 'transfer'>('none');
  if (!talk) return null;
  const line = desk.line;
  const open = (which: 'keypad' | 'transfer') => () => {
    panel.value = panel.value === which ? 'none' : which;
  };
  return (
    <>
      <h2 class={talk.held ? 'held' : ''}>{talk.held ? t('state.held') : t('state.talking')}</h2>
      <Who desk={desk} talk={talk} />
      <time class="big">{talk.began ? clock((desk.now.value - talk.began) / 1000) : '0:00'}</time>
      <p class="hint" role="status">
        {talk.held ? t('call.held') : talk.muted ? t('call.muted') : ''}
      </p>
      <div class="levels">
        <Level label={t('call.them')} value={line.hears.value} />
        <Level label={t('call.you')} value={line.says.value} />
      </div>
      <div class="controls">
        <Button
          icon={talk.held ? 'play' : 'pause'}
          keys={shownKey('hold')}
          data-deed="hold"
          pressed={talk.held}
          onClick={() => line.hold(!talk.held)}
        >
          {talk.held ? t('call.resume') : t('call.hold')}
        </Button>
        <Mute desk={desk} talk={talk} />
        <Button
          icon="keypad"
          keys={shownKey('keypad')}
          data-deed="keypad"
          pressed={panel.value === 'keypad'}
          onClick={open('keypad')}
        >
          {t('call.keypad')}
        </Button>
        <Button
          icon="transfer"
          keys={shownKey('transfer')}
          data-deed="transfer"
          pressed={panel.value === 'transfer'}
          onClick={open('transfer')}
        >
          {t('call.transfer')}
        </Button>
        <Button icon="star" keys={shownKey('survey')} data-deed="survey" onClick={() => void desk.survey()}>
          {t('call.survey')}
        </Button>
        <Button onClick={() => void desk.help()}>{t('call.help')}</Button>
        <Button icon="end" tone="bad" keys={shownKey('hangup')} data-deed="hangup" onClick={() => line.hangUp()}>
          {t('call.hangup')}
        </Button>
      </div>
      {panel.value === 'transfer' && <Transfer desk={desk} />}
      {panel.value === 'keypad' && <Keypad onKey={d => line.key(d)} />}
    </>
  );
}

/** The customer is handed on at once, or somebody is asked first; the node knows who may be named. */
function Transfer({ desk }: { desk: Desk }) {
  const asking = useSignal('');
  const to = useSignal('');
  const start = async (mode: 'blind' | 'consult') => {
    const whom = to.value.trim();
    if (whom && (await desk.transfer(mode, whom)) && mode === 'consult') asking.value = whom;
  };
  const end = async (mode: 'complete' | 'conference' | 'cancel') => {
    if ((await desk.transfer(mode)) && mode !== 'conference') asking.value = '';
  };
  if (asking.value) {
    return (
      <div class="transfer">
        <p role="status">{t('call.asking', { to: asking.value })}</p>
        <div class="row">
          <Button tone="main" onClick={() => void end('complete')}>
            {t('call.complete')}
          </Button>
          <Button onClick={() => void end('conference')}>{t('call.conference')}</Button>
          <Button onClick={() => void end('cancel')}>{t('call.back')}</Button>
        </div>
      </div>
    );
  }
  return (
    <form
      class="transfer"
      onSubmit={e => {
        e.preventDefault();
        void start('consult');
      }}
    >
      <label>
        {t('call.transfer.to')}
        <input value={to.value} maxLength={64} autocomplete="off" onInput={e => (to.value = e.currentTarget.value)} />
      </label>
      <div class="row">
        <Button type="submit" tone="main">
          {t('call.consult')}
        </Button>
        <Button onClick={() => void start('blind')}>{t('call.transfer.go')}</Button>
      </div>
    </form>
  );
}

function WrapUp({ desk }: { desk: Desk }) {
  const until = desk.seat.value?.until;
  return (
    <>
      <h2>{t('wrap.title')}</h2>
      <Who desk={desk} talk={null} />
      <time class="big">{until ? clock(left(until, desk.now.value)) : t('wrap.open')}</time>
      <div class="row">
        <Button onClick={() => void desk.moreWrapUp(2)}>{t('wrap.more', { n: 2 })}</Button>
        <Button tone="main" onClick={() => void desk.endWrapUp()}>
          {t('wrap.done')}
        </Button>
      </div>
    </>
  );
}
