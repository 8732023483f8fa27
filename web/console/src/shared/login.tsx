import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Problem } from './api';
import { t } from './i18n';
import { Brand, Button, LanguageButton } from './ui';

type LoginProps = {
  page: string;
  title: string;
  hint: string;
  /** What the page has to say, until somebody tries. */
  notice: string;
  /** Only agents sign in here, whose names are digits. */
  agents?: boolean;
  /** logIn throws a Problem that says why not. */
  logIn(user: string, password: string): Promise<void>;
  children?: ComponentChildren;
};

export function Login({ page, title, hint, notice, agents = false, logIn, children }: LoginProps) {
  const busy = useSignal(false);
  const wrong = useSignal('');
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = new FormData(e.currentTarget as HTMLFormElement);
    busy.value = true;
    wrong.value = '';
    try {
      await logIn(String(form.get('user')).trim(), String(form.get('password')));
    } catch (problem) {
      wrong.value = why(problem as Problem);
    } finally {
      busy.value = false;
    }
  };
  return (
    <div class="door">
      <header class="top">
        <Brand page={page} />
        <LanguageButton />
      </header>
      <main>
        <form class="card" onSubmit={e => void submit(e)}>
          <h1>{title}</h1>
          <p class="hint">{hint}</p>
          <label>
            {agents ? t('login.user') : t('login.anyone')}
            <input
              name="user"
              required
              maxLength={32}
              inputMode={agents ? 'numeric' : 'text'}
              autocomplete="username"
              autofocus
            />
          </label>
          <label>
            {t('login.password')}
            <input name="password" type="password" required maxLength={256} autocomplete="current-password" />
          </label>
          <p class="wrong" role="alert">
            {wrong.value || notice}
          </p>
          <Button type="submit" tone="main" disabled={busy.value}>
            {t('login.go')}
          </Button>
        </form>
        {children}
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
