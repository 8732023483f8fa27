import { useSignal } from '@preact/signals';
import type { Problem } from '../shared/api';
import { t } from '../shared/i18n';
import { Brand, Button, LanguageButton } from '../shared/ui';
import type { Desk } from './desk';

export function Login({ desk }: { desk: Desk }) {
  const busy = useSignal(false);
  const wrong = useSignal('');
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = new FormData(e.currentTarget as HTMLFormElement);
    busy.value = true;
    wrong.value = '';
    try {
      await desk.logIn(String(form.get('user')).trim(), String(form.get('password')));
    } catch (problem) {
      wrong.value = why(problem as Problem);
    } finally {
      busy.value = false;
    }
  };
  return (
    <div class="door">
      <header class="top">
        <Brand page={t('app.phone')} />
        <LanguageButton />
      </header>
      <main>
        <form class="card" onSubmit={e => void submit(e)}>
          <h1>{t('login.title')}</h1>
          <p class="hint">{t('login.hint')}</p>
          <label>
            {t('login.user')}
            <input name="user" required maxLength={32} inputMode="numeric" autocomplete="username" autofocus />
          </label>
          <label>
            {t('login.password')}
            <input name="password" type="password" required maxLength={256} autocomplete="current-password" />
          </label>
          <p class="wrong" role="alert">
            {wrong.value || desk.notice.value?.text}
          </p>
          <Button type="submit" tone="main" disabled={busy.value}>
            {t('login.go')}
          </Button>
        </form>
        <a class="other" href="/try" target="_blank" rel="noreferrer">
          {t('login.try')} →
        </a>
      </main>
    </div>
  );
}

function why(p: Problem): string {
  if (p.code === 'no_agent') return t('login.admin');
  switch (p.status) {
    case 0:
      return t('net.none');
    case 401:
      return t('login.wrong');
    case 429:
      return t('login.wait', { n: p.retryAfter });
    default:
      return t('net.failed', { why: p.message });
  }
}
