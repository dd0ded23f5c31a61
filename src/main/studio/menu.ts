/** The menu, made from the table of commands: its items do what the window's own buttons do. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import { basename } from 'node:path';
import { COMMAND_LIST, type Command, type Keys } from '../../contract/commands';
import type { Recent } from './store';

export interface MenuActions {
  readonly command: (command: Command) => void;
  readonly open: (recent: Recent) => void;
  readonly clearRecent: () => void;
  readonly recent: readonly Recent[];
}

/** `Mod+Shift+P` as Electron writes it. A key without Ctrl is the page's: elsewhere it is text. */
const accelerator = (keys: Keys | undefined): string | undefined =>
  keys?.startsWith('Mod+') ? keys.replace('Mod', 'CmdOrCtrl').replace('Enter', 'Return') : undefined;

const line: MenuItemConstructorOptions = { type: 'separator' };

/** What the system's fields do themselves. */
const OF_FIELDS: readonly Command[] = ['undo', 'redo'];

export function setMenu({ command, open, clearRecent, recent }: MenuActions): void {
  const items = (menu: string): MenuItemConstructorOptions[] =>
    COMMAND_LIST.filter((row) => row.menu === menu).flatMap((row): MenuItemConstructorOptions[] => [
      ...(row.line ? [line] : []),
      {
        id: row.id,
        label: row.label,
        accelerator: accelerator(row.keys.find((keys) => keys.startsWith('Mod+'))),
        registerAccelerator: !OF_FIELDS.includes(row.id),
        click: () => command(row.id),
      },
    ]);
  const mac = process.platform === 'darwin';
  const recently: MenuItemConstructorOptions[] = recent.map((each) => ({
    label: basename(each.path).replace(/&/g, '&&'),
    sublabel: each.path,
    click: () => open(each),
  }));
  const template: MenuItemConstructorOptions[] = [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        ...items('File'),
        line,
        {
          label: 'Open recent',
          enabled: recent.length > 0,
          submenu: [...recently, line, { label: 'Clear', click: clearRecent }],
        },
        line,
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    {
      label: '&Edit',
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        line,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
        ...items('Edit'),
      ],
    },
    { label: '&Run', submenu: items('Run') },
    {
      label: '&View',
      submenu: [
        ...items('View'),
        line,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        line,
        { role: 'togglefullscreen' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' } as const]),
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: items('Help') },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
