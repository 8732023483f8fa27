import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { clock } from '../shared/format';
import { t } from '../shared/i18n';
import { blocked, wake } from '../shared/sound';
import { Brand, Button, digitOf, Icon, Keypad, LanguageButton } from '../shared/ui';
import type { Visit } from './visit';

const steps = ['try.how.1', 'try.how.2', 'try.how.3', 'try.how.4'] as const;

export function App({ visit }: { visit: Visit }) {
  useTypedDigits(visit);
  useEffect(() => {
    document.title = `${t('app.try')} · Hotline`;
  });
  return (
    <div class="door">
      <header class="top">
        <Brand page={t('app.try')} />
        <LanguageButton />
      </header>
      <main class="visit">
        <section class="pitch">
          <h1>{t('try.title')}</h1>
          <p>{visit.number.value ? t('try.lead', { number: visit.number.value }) : t('try.lead.plain')}</p>
          <ol>
            {steps.map(s => (
              <li key={s}>{t(s)}</li>
            ))}
          </ol>
          <p class="hint">
            {t('try.agent')}{' '}
            <a href="/phone" target="_blank" rel="noreferrer">
              {t('try.agent.open')} →
            </a>
          </p>
        </section>
        <Handset visit={visit} />
      </main>
    </div>
  );
}

/** The visitor's phone. */
function Handset({ visit }: { visit: Visit }) {
  const stage = visit.stage.value;
  const inCall = stage === 'calling' || stage === 'talking';
  return (
    <section class={`handset card ${stage}`} aria-label={t('app.try')} data-stage={stage}>
      <div class="screen" role="status">
        <Stage visit={visit} />
      </div>
      <Keypad onKey={d => visit.line.key(d)} disabled={stage !== 'talking'} />
      <p class="hint">{t('try.keys')}</p>
      {inCall ? (
        <Button tone="bad" class="big" icon="end" onClick={() => visit.hangUp()}>
          {t('try.hangup')}
        </Button>
      ) : (
        <Button tone="good" class="big" icon="phone" disabled={visit.off.value} onClick={() => void visit.call()}>
          {stage === 'over' ? t('try.again') : t('try.call')}
        </Button>
      )}
      {blocked.value && inCall && (
        <button type="button" class="banner warn" onClick={() => void wake().then(() => visit.line.replay())}>
          {t('sound.blocked')} <u>{t('sound.allow')}</u>
        </button>
      )}
      <p class="notice" role="alert">
        {visit.off.value ? t('try.off') : visit.notice.value}
      </p>
      <p class="hint">{t('try.privacy')}</p>
    </section>
  );
}

function Stage({ visit }: { visit: Visit }) {
  switch (visit.stage.value) {
    case 'calling':
      return <p>{t('try.calling')}</p>;
    case 'talking':
      return (
        <>
          <Wave level={visit.line.hears.value} />
          <p>{t('try.talking')}</p>
          <Since began={visit.began.value} />
        </>
      );
    case 'over':
      return (
        <>
          <p>{t('try.over')}</p>
          <p class="hint">{t('try.length', { t: clock(visit.lasted.value) })}</p>
        </>
      );
    default:
      return (
        <>
          <Icon name="phone" />
          <p>{visit.number.value || 'Hotline'}</p>
        </>
      );
  }
}

function Since({ began }: { began: number }) {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 500);
    return () => clearInterval(timer);
  }, [now]);
  return <time class="big">{clock((now.value - began) / 1000)}</time>;
}

const bars = [0.4, 0.7, 0.95, 0.6, 1, 0.75, 0.9, 0.55, 0.35];

/** Wave shows that something is heard, for who has the sound off. */
function Wave({ level }: { level: number }) {
  return (
    <svg class="wave" viewBox="0 0 90 40" role="img" aria-label={t('try.level')}>
      {bars.map((b, i) => {
        const h = 4 + 34 * b * level;
        return <rect key={b} x={i * 10 + 2} y={20 - h / 2} width="6" height={h} rx="3" />;
      })}
    </svg>
  );
}

function useTypedDigits(visit: Visit): void {
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const digit = digitOf(e);
      if (digit && !e.repeat && visit.stage.value === 'talking') visit.line.key(digit);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [visit]);
}
