import { render } from 'preact';
import '../shared/style.css';
import './try.css';
import { App } from './app';
import { Visit } from './visit';

const root = document.getElementById('app');
if (root) render(<App visit={new Visit()} />, root);
