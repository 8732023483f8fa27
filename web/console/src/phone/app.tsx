import { effect, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../shared/i18n';
import { Login } from '../shared/login';
import { blocked, wake } from '../shared/sound';
import { Brand, Button, Icon, LanguageButton, Modal } from '../shared/ui';
import { CallCard } from './call';
import type { Desk } from './desk';
import { Leads } from './leads';
import { keys } from './model';
import { Queues, Recent } from './panels';
import { Settings } from './settings';
import { useShortcuts } from './shortcuts';
import { StatePanel } from './state';
import { Summary } from './summary';

export function App({ desk }: { desk: Desk }) {
  useTitle(desk);
  if (desk.session.value) return <Floor desk={desk} />;
  return (
    <Login
      page={t('app.phone')}
      title={t('login.title')}
      hint={t('login.hint')}
      notice={desk.notice.value?.text ?? ''}
      agents
      logIn={(user, password) => desk.logIn(user, password)}
    >
      <a class="other" href="/try" target="_blank" rel="noreferrer">
        {t('login.try')} →
      </a>
      <a class="other" href="/flows">
        {t('flows.open')} →
      </a>
    </Login>
  );
}

function Floor({ desk }: { desk: Desk }) {
  const settings = useSignal(false);
  const help = useSignal(false);
  useShortcuts(desk, help);
  useLeaving(desk);
  const tab = desk.tab.value;
  return (
    <div class="floor">
      <Top desk={desk} onSettings={() => (settings.value = true)} />
      <Banners desk={desk} />
      {tab === 'free' ? (
        <main class="columns">
          <div class="column side">
            <StatePanel desk={desk} />
            <Queues desk={desk} />
          </div>
          <div class="column">
            <CallCard desk={desk} />
            <Leads desk={desk} />
          </div>
          <div class="column side">
            <Summary desk={desk} />
            <Recent desk={desk} />
          </div>
        </main>
      ) : (
        <main class="elsewhere">
          <section class="card">
            <h2>{tab === 'taken' ? t('tab.taken') : t('tab.moved')}</h2>
            <Button tone="main" onClick={() => void desk.takeTab()}>
              {t('tab.here')}
            </Button>
          </section>
        </main>
      )}
      <footer class="foot">{t('help.keys')}</footer>
      {settings.value && <Settings desk={desk} onClose={() => (settings.value = false)} />}
      {help.value && <Help onClose={() => (help.value = false)} />}
    </div>
  );
}

function Top({ desk, onSettings }: { desk: Desk; onSettings(): void }) {
  const s = desk.session.value;
  const line = desk.line.state.value;
  return (
    <header class="top">
      <Brand page={t('app.phone')} />
      <span class={`line ${line}`} role="status">
        <i aria-hidden="true" />
        {t(`line.${line}`)}
      </span>
      <span class="who">
        <b>{s?.agent}</b> {s?.team}
      </span>
      {/* biome-ignore lint/security/noBlankTarget: our own page, opened by this one so that it has the session */}
      <a class="quiet" href="/flows" target="_blank" rel="opener">
        {t('flows.open')}
      </a>
      <LanguageButton />
      <button
        type="button"
        class="quiet"
        aria-label={t('settings.title')}
        title={t('settings.title')}
        onClick={onSettings}
      >
        <Icon name="gear" />
      </button>
      <button type="button" class="quiet" disabled={Boolean(desk.line.talk.value)} onClick={() => void desk.logOut()}>
        {t('login.out')}
      </button>
    </header>
  );
}

function Banners({ desk }: { desk: Desk }) {
  const notice = desk.notice.value;
  return (
    <div class="banners" aria-live="assertive">
      {blocked.value && (
        <button type="button" class="banner warn" onClick={() => void wake().then(() => desk.line.replay())}>
          {t('sound.blocked')} <u>{t('sound.allow')}</u>
        </button>
      )}
      {!desk.live.value && desk.tab.value === 'free' && <p class="banner warn">{t('live.lost')}</p>}
      {notice && (
        <p class={`banner ${notice.bad ? 'bad' : 'good'}`}>
          {notice.text}
          <button type="button" class="close" aria-label={t('close')} onClick={() => desk.hush()}>
            <Icon name="close" />
          </button>
        </p>
      )}
    </div>
  );
}

function Help({ onClose }: { onClose(): void }) {
  return (
    <Modal title={t('keys.title')} onClose={onClose}>
      <dl class="keys">
        {keys.map(k => (
          <div key={k.code}>
            <dt>
              <kbd>{k.shown}</kbd>
            </dt>
            <dd>{deedName(k.deed)}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>0–9 * #</kbd>
          </dt>
          <dd>{t('call.keypad')}</dd>
        </div>
      </dl>
    </Modal>
  );
}

function deedName(deed: (typeof keys)[number]['deed']): string {
  switch (deed) {
    case 'ready':
    case 'busy':
    case 'break':
      return t(`state.${deed}`);
    case 'notes':
      return t('note.text');
    case 'help':
      return t('keys.title');
    case 'hold':
      return `${t('call.hold')} / ${t('call.resume')}`;
    case 'hangup':
      return `${t('call.hangup')} / ${t('call.decline')}`;
    default:
      return t(`call.${deed}`);
  }
}

/** The tab's title tells of a call, for who works in another one. */
function useTitle(desk: Desk): void {
  useEffect(
    () =>
      effect(() => {
        const call = desk.line.talk.value?.phase === 'ringing';
        document.title = call ? `☎ ${t('call.incoming')}` : `${t('app.phone')} · Hotline`;
      }),
    [desk],
  );
}

/** The browser asks before a call is lost with the page. */
function useLeaving(desk: Desk): void {
  useEffect(() => {
    const ask = (e: BeforeUnloadEvent) => {
      if (desk.line.talk.value) e.preventDefault();
    };
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [desk]);
}
