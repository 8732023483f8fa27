import { useSignal } from '@preact/signals';
import type { Wish } from '../shared/api';
import { clock, left, since } from '../shared/format';
import { named, t } from '../shared/i18n';
import { Button, Modal } from '../shared/ui';
import type { Desk } from './desk';
import { breaks, pressed, shownKey, wishes } from './model';

export function StatePanel({ desk }: { desk: Desk }) {
  const seat = desk.seat.value;
  const state = desk.state.value;
  const asking = useSignal(false);
  const wish = (w: Wish) => {
    if (w === 'break') asking.value = true;
    else void desk.setState(w);
  };
  return (
    <section class={`card state ${state}`} aria-label={t('state.set')}>
      <div class="now" role="status">
        <span class="dot" aria-hidden="true" />
        <strong data-state={state}>{t(`state.${state}`)}</strong>
        <time>{clock(since(seat?.since, desk.now.value))}</time>
      </div>
      {seat?.reason && <p class="hint">{named('break', seat.reason)}</p>}
      {seat?.next && seat.next !== 'ready' && seat.next !== state && (
        <p class="hint">{t('state.next', { state: named('state', seat.next) })}</p>
      )}
      {seat?.break && <p class="hint">{t('break.pending')}</p>}
      {state === 'unreachable' && <p class="hint">{t('state.unreachable.hint')}</p>}
      {state === 'break' && seat?.until && (
        <p class="hint">{t('wrap.left', { t: clock(left(seat.until, desk.now.value)) })}</p>
      )}
      <div class="wishes">
        {wishes(state).map(w => (
          <Button
            key={w}
            class={`wish ${w}`}
            pressed={pressed(seat, w)}
            keys={w === 'offline' ? '' : shownKey(w)}
            data-deed={w}
            disabled={!seat}
            onClick={() => wish(w)}
          >
            {t(`state.${w}`)}
          </Button>
        ))}
      </div>
      {asking.value && <BreakForm desk={desk} onClose={() => (asking.value = false)} />}
    </section>
  );
}

function BreakForm({ desk, onClose }: { desk: Desk; onClose(): void }) {
  const minutes = useSignal(breaks[0]?.minutes ?? 10);
  const submit = (e: SubmitEvent) => {
    e.preventDefault();
    const form = new FormData(e.currentTarget as HTMLFormElement);
    void desk.setState('break', String(form.get('reason')), Number(form.get('minutes')));
    onClose();
  };
  return (
    <Modal title={t('break.title')} onClose={onClose}>
      <form onSubmit={submit}>
        <label>
          {t('break.reason')}
          <select
            name="reason"
            onChange={e => {
              const found = breaks.find(b => b.reason === e.currentTarget.value);
              minutes.value = found?.minutes ?? minutes.value;
            }}
          >
            {breaks.map(b => (
              <option key={b.reason} value={b.reason}>
                {named('break', b.reason)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t('break.minutes')}
          <input name="minutes" type="number" min={1} max={720} required value={minutes.value} />
        </label>
        <div class="row">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" tone="main">
            {t('break.ask')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
