import { useSignal } from '@preact/signals';
import { type ComponentChild, h } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { Flow } from '../shared/api';
import { t } from '../shared/i18n';
import { isTyping } from '../shared/ui';
import { fit, fragmentOf, waysOf, whole, zoomed, zoomOf } from './model';
import { type Shape, shapeOf, sizeOf } from './svg';

/** The flow's picture as the node drew it. Only what differs from the one before is touched, so nothing flickers or moves. */
export function Picture({ flow }: { flow: Flow }) {
  const zoom = useSignal(whole);
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.altKey || e.metaKey || isTyping(e.target)) return;
      const next = zoomOf(e.key, zoom.value);
      if (next !== undefined) zoom.value = next;
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [zoom]);
  const shape = useMemo(() => read(flow.svg), [flow.svg]);
  const callers = flow.nodes.reduce((sum, n) => sum + n.callers, 0);
  return (
    <section class="card picture" aria-label={t('flows.picture', { name: flow.name })}>
      <header>
        <h1>{flow.name}</h1>
        <span class="hint">{t('flows.inside', { n: callers, revision: flow.revision })}</span>
        <fieldset class="zoom" aria-label={t('flows.zoom')}>
          <button
            type="button"
            aria-label={t('flows.smaller')}
            onClick={() => (zoom.value = zoomed(zoom.value, false))}
          >
            −
          </button>
          <button type="button" aria-pressed={zoom.value === whole} onClick={() => (zoom.value = whole)}>
            100 %
          </button>
          <button type="button" aria-pressed={zoom.value === fit} onClick={() => (zoom.value = fit)}>
            {t('flows.fit')}
          </button>
          <button type="button" aria-label={t('flows.larger')} onClick={() => (zoom.value = zoomed(zoom.value, true))}>
            +
          </button>
        </fieldset>
      </header>
      {shape ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        <section class="paper" tabIndex={0} aria-label={t('flows.scroll')}>
          {drawing(shape, zoom.value, flow.name)}
        </section>
      ) : (
        <p class="banner warn">{t('flows.undrawn')}</p>
      )}
    </section>
  );
}

/** read: a picture that is none is told; the table below has the same figures. */
function read(svg: string): Shape | undefined {
  try {
    return shapeOf(svg);
  } catch {
    return undefined;
  }
}

function drawing(shape: Shape, zoom: number, name: string): ComponentChild {
  const { width, height } = sizeOf(shape);
  const size = zoom === fit ? { width: '100%' } : { width: width * zoom, height: height * zoom };
  const about = { role: 'img', 'aria-label': t('flows.picture', { name }) };
  return h('svg', { ...shape.attributes, ...size, ...about }, shape.children.map(element));
}

function element(shape: Shape | string): ComponentChild {
  return typeof shape === 'string' ? shape : h(shape.tag, shape.attributes, shape.children.map(element));
}

/** Every edge as a row: for screen readers, for copying, and for who looks for one. */
export function Ways({ flow }: { flow: Flow }) {
  const ways = waysOf(flow);
  return (
    <section class="card ways" aria-label={t('flows.ways')}>
      <h2>{t('flows.ways')}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('flows.from')}</th>
            <th scope="col">{t('flows.label')}</th>
            <th scope="col">{t('flows.to')}</th>
            <th scope="col">{t('flows.taken')}</th>
          </tr>
        </thead>
        <tbody>
          {ways.map(w => (
            <tr key={w.id} data-way={w.id}>
              <th scope="row">{w.from}</th>
              <td>{w.label || null}</td>
              <td>
                {w.flow !== '' && (
                  <>
                    <a href={fragmentOf(w.flow)}>{w.flow}</a> /{' '}
                  </>
                )}
                {w.node}
              </td>
              <td class={w.taken ? 'taken' : 'never'}>{String(w.taken)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
