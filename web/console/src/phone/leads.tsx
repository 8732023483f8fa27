import type { Seat } from '../shared/api';
import { clock, number, since } from '../shared/format';
import { named, t } from '../shared/i18n';
import { Button, Level } from '../shared/ui';
import { Mute } from './controls';
import type { Desk } from './desk';
import { leads, type Mode, modesFor, open } from './floor';
import { shownKey } from './model';

/** So many seats are listed; of more, some are to be looked for. */
const shown = 100;

/** The lead's panel: who is on the floor, and the ways into their calls. */
export function Leads({ desk }: { desk: Desk }) {
  if (!leads(desk.session.value)) return null;
  const all = desk.lead.rows.value;
  const rest = all.length - shown;
  return (
    <section class="card leads" aria-label={t('lead.title')} aria-busy={desk.lead.busy.value}>
      <header class="row">
        <h2>{t('lead.title')}</h2>
        <input
          type="search"
          aria-label={t('lead.find')}
          placeholder={t('lead.find')}
          value={desk.lead.find.value}
          onInput={e => (desk.lead.find.value = e.currentTarget.value)}
        />
      </header>
      {all.length === 0 ? (
        <p class="hint">{t('lead.none')}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{t('login.user')}</th>
              <th scope="col">{t('state.set')}</th>
              <th scope="col">{t('lead.since')}</th>
              <th scope="col">{t('lead.ways')}</th>
            </tr>
          </thead>
          <tbody>
            {all.slice(0, shown).map(seat => (
              <Row key={seat.agent} desk={desk} seat={seat} />
            ))}
          </tbody>
        </table>
      )}
      {rest > 0 && <p class="hint">{t('lead.more', { n: rest })}</p>}
    </section>
  );
}

function Row({ desk, seat }: { desk: Desk; seat: Seat }) {
  const s = desk.session.value;
  if (!s) return null;
  const { busy } = desk.lead;
  const watch = desk.watch.value;
  const here = Boolean(watch && watch.call === seat.call && watch.agent === seat.agent);
  const follows = desk.seat.value?.follows?.agent === seat.agent;
  return (
    <tr data-agent={seat.agent} class={`state ${seat.state}`}>
      <th scope="row">{seat.agent}</th>
      <td class="is">{named('state', seat.state)}</td>
      <td>{clock(since(seat.since, desk.now.value))}</td>
      <td class="ways">
        {modesFor(s, seat).map(mode => (
          <Way
            key={mode}
            name={`lead.${mode}`}
            agent={seat.agent}
            pressed={here && watch?.mode === mode}
            disabled={busy.value || !open(seat)}
            onClick={() => void desk.lead.watch(seat, mode)}
          />
        ))}
        <Way
          name="lead.follow"
          agent={seat.agent}
          pressed={follows}
          disabled={busy.value}
          onClick={() => void (follows ? desk.lead.unfollow(seat.agent) : desk.lead.follow(seat.agent))}
        />
      </td>
    </tr>
  );
}

type Name = `lead.${Mode}` | 'lead.follow';

interface WayProps {
  name: Name;
  agent: string;
  pressed: boolean;
  disabled: boolean;
  onClick(): void;
}

/** A way into a seat's calls; who can't see the row hears whose they are. */
function Way({ name, agent, ...rest }: WayProps) {
  return (
    <Button {...rest} class="small" aria-label={`${t(name)} ${agent}`}>
      {t(name)}
    </Button>
  );
}

/** The middle of the desk while the line is a supervisor's: in whose call, how, and the other ways. */
export function Supervising({ desk }: { desk: Desk }) {
  const talk = desk.line.talk.value;
  const s = desk.session.value;
  const watch = desk.watch.value;
  const follows = desk.seat.value?.follows;
  const agent = watch?.agent ?? follows?.agent ?? '';
  const seat = desk.lead.seats.value.find(r => r.agent === agent);
  if (!talk || !s) return null;
  return (
    <>
      <h2 data-watch={watch?.mode ?? ''}>
        {watch ? t('lead.in', { mode: t(`lead.${watch.mode}`), agent }) : t('lead.waits', { agent })}
      </h2>
      {watch && desk.current.value && <p class="number">{number(desk.current.value.caller) || t('call.hidden')}</p>}
      <p class="hint" role="status">
        {watch ? t(`lead.${watch.mode}.hint`) : t('lead.waits.hint')}
      </p>
      <div class="levels">
        <Level label={t('lead.sound')} value={desk.line.hears.value} />
        <Level label={t('call.you')} value={desk.line.says.value} />
      </div>
      {watch && seat && (
        <fieldset class="controls ways" aria-label={t('lead.ways')}>
          {modesFor(s, seat).map(mode => (
            <Button
              key={mode}
              pressed={watch.mode === mode}
              disabled={desk.lead.busy.value}
              onClick={() => void desk.lead.watch({ ...seat, call: watch.call, state: 'talking' }, mode)}
            >
              {t(`lead.${mode}`)}
            </Button>
          ))}
        </fieldset>
      )}
      <div class="controls">
        <Mute desk={desk} talk={talk} />
        {watch && follows && (
          <Button disabled={desk.lead.busy.value} onClick={() => void desk.lead.out()}>
            {t('lead.skip')}
          </Button>
        )}
        <Button icon="end" tone="bad" keys={shownKey('hangup')} data-deed="hangup" onClick={() => desk.line.hangUp()}>
          {follows ? t('lead.unfollow') : t('lead.out')}
        </Button>
      </div>
    </>
  );
}
