import { effect } from '@preact/signals';
import { render } from 'preact';
import '../shared/style.css';
import './flows.css';
import { App } from './app';
import { Board } from './board';
import { chosenIn, fragmentOf } from './model';

const board = new Board();
board.choose(chosenIn(location.hash));
addEventListener('hashchange', () => board.choose(chosenIn(location.hash)));
effect(() => {
  const name = board.chosen.value;
  // What nobody chose is no step of the way back.
  if (name && name !== chosenIn(location.hash)) history.replaceState(null, '', fragmentOf(name));
});
for (const event of ['online', 'focus']) addEventListener(event, () => void board.look());
document.addEventListener('visibilitychange', () => void board.look());
board.resume();
const root = document.getElementById('app');
if (root) render(<App board={board} />, root);
