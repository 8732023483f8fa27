import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../shared/i18n';
import { audio, choose } from '../shared/settings';
import { meter, microphone, Ring } from '../shared/sound';
import { Button, Level, Modal } from '../shared/ui';
import type { Key } from '../shared/words';
import type { Desk } from './desk';

/** Which microphone and speakers, and what the browser does to the sound. Kept on this machine. */
export function Settings({ desk, onClose }: { desk: Desk; onClose(): void }) {
  const devices = useSignal<MediaDeviceInfo[]>([]);
  const level = useSignal(0);
  const a = audio.value;
  useEffect(() => {
    const look = async () => {
      devices.value = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    };
    void look();
    navigator.mediaDevices?.addEventListener('devicechange', look);
    return () => navigator.mediaDevices?.removeEventListener('devicechange', look);
  }, [devices]);
  useEffect(() => {
    if (desk.line.talk.value) return; // in a call its own meters show the level
    let stop = () => {};
    let gone = false;
    microphone()
      .then(stream => {
        const end = meter(stream, l => (level.value = l));
        stop = () => {
          end();
          for (const track of stream.getTracks()) track.stop();
        };
        if (gone) stop();
      })
      .catch(() => {});
    return () => {
      gone = true;
      stop();
    };
  }, [a.microphone, a.echo, a.noise, a.gain]);
  const listen = () => {
    const ring = new Ring();
    ring.start();
    setTimeout(() => ring.stop(), 1500);
  };
  return (
    <Modal title={t('settings.title')} onClose={onClose}>
      <form method="dialog" class="settings">
        <Device
          label="settings.mic"
          kind="audioinput"
          devices={devices.value}
          value={a.microphone}
          onChange={microphone => choose({ microphone })}
        />
        <Level label={t('settings.level')} value={level.value} />
        <Device
          label="settings.speaker"
          kind="audiooutput"
          devices={devices.value}
          value={a.speaker}
          onChange={speaker => {
            choose({ speaker });
            desk.line.replay();
          }}
        />
        <Device
          label="settings.ringer"
          kind="audiooutput"
          devices={devices.value}
          value={a.ringer}
          onChange={ringer => choose({ ringer })}
        />
        <Button onClick={listen}>{t('settings.test')}</Button>
        <Check label="settings.echo" on={a.echo} onChange={echo => choose({ echo })} />
        <Check label="settings.noise" on={a.noise} onChange={noise => choose({ noise })} />
        <Check label="settings.gain" on={a.gain} onChange={gain => choose({ gain })} />
      </form>
    </Modal>
  );
}

interface DeviceProps {
  label: Key;
  kind: MediaDeviceKind;
  devices: MediaDeviceInfo[];
  value: string;
  onChange(id: string): void;
}

function Device({ label, kind, devices, value, onChange }: DeviceProps) {
  const all = devices.filter(d => d.kind === kind && d.deviceId && d.deviceId !== 'default');
  return (
    <label>
      {t(label)}
      <select value={value} onChange={e => onChange(e.currentTarget.value)}>
        <option value="">{t('settings.default')}</option>
        {all.map((d, i) => (
          <option key={d.deviceId} value={d.deviceId}>
            {d.label || `${t(label)} ${i + 1}`}
          </option>
        ))}
      </select>
    </label>
  );
}

function Check({ label, on, onChange }: { label: Key; on: boolean; onChange(on: boolean): void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={on} onChange={e => onChange(e.currentTarget.checked)} />
      {t(label)}
    </label>
  );
}
