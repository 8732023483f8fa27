import { render } from 'preact';
import '../shared/style.css';
import './phone.css';
import './lead.css';
import { App } from './app';
import { Desk } from './desk';

const desk = new Desk();
desk.resume();
const root = document.getElementById('app');
if (root) render(<App desk={desk} />, root);
