/** Start of the window. */
import './closed';
import { mount } from 'svelte';
import '@fontsource-variable/inter';
import './styles/tokens.css';
import './styles/base.css';
import './styles/plots.css';
import App from './App.svelte';
import { connect } from './client';
import { faultOf, messages } from './stores/messages.svelte';
import { studio } from './stores/studio.svelte';
import { appearance } from './stores/theme.svelte';

appearance.follow(window.matchMedia('(prefers-color-scheme: dark)'));
// What fails outside any view (a click's handler, a promise that nobody awaits) is said, too. An event without an error is
// the browser's own complaint about timing.
window.addEventListener('error', ({ error }) => error && messages.fault(faultOf(error)));
window.addEventListener('unhandledrejection', ({ reason }) => messages.fault(faultOf(reason)));
mount(App, { target: document.getElementById('app')! });
void studio.program.guard(async () => studio.start(await connect(), location.hash));
