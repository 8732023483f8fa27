import { clock, number, timeOfDay } from '../shared/format';
import { t } from '../shared/i18n';
import type { Desk } from './desk';

export function Queues({ desk }: { desk: Desk }) {
  const rows = desk.myQueues.value;
  return (
    <section class="card" aria-label={t('queues.title')}>
      <h2>{t('queues.title')}</h2>
      {rows.length === 0 ? (
        <p class="hint">{t('queues.none')}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{t('queues.name')}</th>
              <th scope="col">{t('queues.waiting')}</th>
              <th scope="col">{t('queues.longest')}</th>
              <th scope="col">{t('queues.level')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(q => (
              <tr key={q.name} class={urgency(q.waiting)}>
                <th scope="row">{q.title || q.name}</th>
                <td>{q.waiting}</td>
                <td>{q.waiting ? clock(q.longest_wait_seconds) : '–'}</td>
                <td>{q.service_level === null ? '–' : `${Math.round(q.service_level * 100)} %`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** The wallboard's steps: more than five waiting is to be seen, more than ten not to be overlooked. */
function urgency(waiting: number): string {
  if (waiting > 10) return 'many';
  return waiting > 5 ? 'some' : '';
}

export function Recent({ desk }: { desk: Desk }) {
  const rows = desk.recent.value.filter(r => r.ended_at);
  return (
    <section class="card recent" aria-label={t('recent.title')}>
      <h2>{t('recent.title')}</h2>
      {rows.length === 0 ? (
        <p class="hint">{t('recent.none')}</p>
      ) : (
        <ul>
          {rows.map(r => (
            <li key={r.id}>
              <time>{timeOfDay(r.started_at)}</time>
              <span class={r.caller_class === 'vip' ? 'vip' : ''}>
                {r.trunk === 'web' ? t('call.web') : number(r.caller) || t('call.hidden')}
              </span>
              <span class="length">{clock(r.talk_seconds)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
