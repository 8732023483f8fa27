import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../shared/i18n';
import { Button } from '../shared/ui';
import type { Desk } from './desk';
import { dispositions, shownKey } from './model';

const draftKey = (call: string) => `hotline.draft.${call}`;

/** The disposition (来电小结): written while the call goes on, filed in it or in wrap-up, which it ends. */
export function Summary({ desk }: { desk: Desk }) {
  const call = desk.seat.value?.call ?? '';
  const code = useSignal('');
  const notes = useSignal('');
  const saved = useSignal(false);
  useEffect(() => {
    const draft = JSON.parse((call && sessionStorage.getItem(draftKey(call))) || '{}') as {
      code?: string;
      notes?: string;
    };
    code.value = draft.code ?? '';
    notes.value = draft.notes ?? '';
    saved.value = false;
  }, [call, code, notes, saved]);
  const keep = () => {
    saved.value = false;
    sessionStorage.setItem(draftKey(call), JSON.stringify({ code: code.value, notes: notes.value }));
  };
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    if (await desk.dispose(call, code.value, notes.value)) {
      sessionStorage.removeItem(draftKey(call));
      saved.value = true;
      desk.say(t('note.saved'));
    }
  };
  return (
    <section class="card summary" aria-label={t('note.title')}>
      <h2>{t('note.title')}</h2>
      <form onSubmit={e => void submit(e)}>
        <fieldset disabled={!call || desk.scene.value === 'ringing'}>
          <label>
            {t('note.code')}
            <select
              value={code.value}
              required
              onChange={e => {
                code.value = e.currentTarget.value;
                keep();
              }}
            >
              <option value="">{t('note.choose')}</option>
              {dispositions.map(d => (
                <option key={d} value={d}>
                  {t(`code.${d}`)}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span>
              {t('note.text')}{' '}
              <span class="key" aria-hidden="true">
                {shownKey('notes')}
              </span>
            </span>
            <textarea
              rows={5}
              maxLength={4000}
              value={notes.value}
              data-deed="notes"
              onInput={e => {
                notes.value = e.currentTarget.value;
                keep();
              }}
            />
          </label>
          <Button type="submit" tone="main" disabled={saved.value}>
            {saved.value ? t('note.saved') : t('note.save')}
          </Button>
        </fieldset>
      </form>
    </section>
  );
}
