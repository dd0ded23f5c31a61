/** What a window begins with. Apart from the schemas, so that a page loads no library for them. */
import type { Settings } from './studio';

export const defaultSettings: Settings = { theme: 'system', backend: 'auto', memoryMB: null, autosave: false };
