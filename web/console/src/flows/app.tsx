import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { FlowSummary } from '../shared/api';
import { timeOfDay } from '../shared/format';
import { t } from '../shared/i18n';
import { Login } from '../shared/login';
import { Brand, isTyping, LanguageButton } from '../shared/ui';
import type { Board } from './board';
import { fragmentOf, matching, moved } from './model';
import { Picture, Ways } from './picture';

export function App({ board }: { board: Board }) {
  const chosen = board.chosen.value;
  useEffect(() => {
    document.title = `${chosen ? `${chosen} · ` : ''}${t('app.flows')} · Hotline`;
  });
  if (board.session.value) return <Floor board={board} />;
  return (
    <Login
      page={t('app.flows')}
      title={t('flows.login')}
      hint={t('flows.login.hint')}
      notice={board.notice.value}
      logIn={(user, password) => board.logIn(user, password)}
    >
      <a class="other" href="/phone">
        {t('flows.desk')} →
      </a>
    </Login>
  );
}

function Floor({ board }: { board: Board }) {
  return (
    <div class="floor">
      <Top board={board} />
      <div class="banners" aria-live="assertive">
        {board.health.value === 'lost' && (
          <p class="banner warn" data-health="lost">
            {board.trouble.value}{' '}
            {board.read.value ? t('flows.old', { at: clockOf(board.read.value) }) : t('flows.again')}
          </p>
        )}
        {board.health.value === 'barred' && <p class="banner bad">{t('flows.barred')}</p>}
      </div>
      <main class="flows">
        <List board={board} />
        <div class="shown">
          <Chosen board={board} />
        </div>
      </main>
      <footer class="foot">{t('flows.keys')}</footer>
    </div>
  );
}

/** A time of this machine's clock, with its seconds. */
function clockOf(ms: number): string {
  const d = new Date(ms);
  return `${timeOfDay(d.toISOString())}:${String(d.getSeconds()).padStart(2, '0')}`;
}

function Top({ board }: { board: Board }) {
  const s = board.session.value;
  const health = board.health.value;
  return (
    <header class="top">
      <Brand page={t('app.flows')} />
      <span class={`line ${health === 'live' ? 'ready' : health === 'starting' ? 'connecting' : 'lost'}`}>
        <i aria-hidden="true" />
        {health === 'live' ? t('flows.live') : health === 'starting' ? t('flows.starting') : t('flows.lost')}
      </span>
      <span class="who">
        <b>{s?.user}</b>
      </span>
      <LanguageButton />
      <button type="button" class="quiet" onClick={() => void board.logOut()}>
        {t('login.out')}
      </button>
    </header>
  );
}

function List({ board }: { board: Board }) {
  const wish = useSignal('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.key !== '/' || e.ctrlKey || e.altKey || e.metaKey || isTyping(e.target)) return;
      e.preventDefault();
      field.current?.focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const flows = board.flows.value;
  const rows = matching(flows, wish.value);
  const [first] = flows;
  return (
    <nav class="card" aria-label={t('flows.title')}>
      <header>
        <h2>{t('flows.title')}</h2>
        {first && <span class="hint">{t('flows.revision', { n: first.revision })}</span>}
      </header>
      <input
        ref={field}
        type="search"
        aria-label={t('flows.find')}
        placeholder={t('flows.find')}
        value={wish.value}
        onInput={e => {
          wish.value = e.currentTarget.value;
        }}
      />
      <table>
        <thead>
          <tr>
            <th scope="col">{t('flows.name')}</th>
            <th scope="col">{t('flows.callers')}</th>
            <th scope="col" title={t('flows.entered.hint')}>
              {t('flows.entered')}
            </th>
          </tr>
        </thead>
        <tbody onKeyDown={walk}>
          {rows.map(f => (
            <Row key={f.name} flow={f} chosen={f.name === board.chosen.value} />
          ))}
        </tbody>
      </table>
      {board.health.value === 'live' && rows.length === 0 && <p class="hint">{t('flows.none')}</p>}
    </nav>
  );
}

/** A flow's row. Figures are strings: a text that is a number is written anew each time, though it is the same. */
function Row({ flow, chosen }: { flow: FlowSummary; chosen: boolean }) {
  return (
    <tr class={chosen ? 'chosen' : ''} data-flow={flow.name}>
      <th scope="row">
        <a href={fragmentOf(flow.name)} aria-current={chosen ? 'true' : undefined}>
          {flow.name}
        </a>
      </th>
      <td class={flow.callers ? 'some' : ''}>{String(flow.callers)}</td>
      <td>{String(flow.entered)}</td>
    </tr>
  );
}

/** walk moves the focus from one flow's link to another's. */
function walk(e: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const links = [...e.currentTarget.querySelectorAll('a')];
  const to = moved(e.key, links.indexOf(e.target as HTMLAnchorElement), links.length);
  if (to === undefined) return;
  e.preventDefault();
  links[to]?.focus();
}

function Chosen({ board }: { board: Board }) {
  const flow = board.flow.value;
  if (flow) {
    return (
      <>
        <Picture key={`picture ${flow.name}`} flow={flow} />
        <Ways key={`ways ${flow.name}`} flow={flow} />
      </>
    );
  }
  if (board.missing.value) {
    return (
      <section class="card" role="status">
        <p>{t('flows.missing', { name: board.chosen.value })}</p>
      </section>
    );
  }
  return board.health.value === 'starting' || board.chosen.value ? <section class="card waiting" /> : null;
}
