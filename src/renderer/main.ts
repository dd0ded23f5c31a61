/** Start of the window. */
import { mount } from 'svelte';
import '@fontsource-variable/inter';
import './styles/tokens.css';
import './styles/base.css';
import './styles/plots.css';
import App from './App.svelte';
import { connect } from './client';
import { studio } from './stores/studio.svelte';
import { appearance } from './stores/theme.svelte';

appearance.follow(window.matchMedia('(prefers-color-scheme: dark)'));
mount(App, { target: document.getElementById('app')! });
void studio.program.guard(async () => studio.start(await connect()));
