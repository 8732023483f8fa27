import { t } from '../shared/i18n';
import type { Talk } from '../shared/line';
import { Button } from '../shared/ui';
import type { Desk } from './desk';
import { shownKey } from './model';

/** Mute has nobody hear this end, and says whether that is so. */
export function Mute({ desk, talk }: { desk: Desk; talk: Talk }) {
  return (
    <Button
      icon={talk.muted ? 'mute' : 'mic'}
      keys={shownKey('mute')}
      data-deed="mute"
      pressed={talk.muted}
      onClick={() => desk.line.mute(!talk.muted)}
    >
      {talk.muted ? t('call.unmute') : t('call.mute')}
    </Button>
  );
}
