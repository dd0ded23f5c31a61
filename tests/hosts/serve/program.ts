/** The server as a process of its own, from the sources; told what to do by whoever started it (server.ts). */
import { resolve } from 'node:path';
import { forked } from '../../../src/main/hosts/engineProcess/fork';
import { serve, type ServeOptions } from '../../../src/main/hosts/serve';

const given = JSON.parse(process.argv[2]!) as Partial<ServeOptions>;
const options: ServeOptions = {
  engine: forked(resolve('src/main/hosts/engineProcess/index.ts'), ['--import', 'tsx']),
  port: 0,
  pages: resolve('tests/samples'), // any folder
  samples: resolve('resources/samples'),
  recovery: '',
  version: '0',
  opens: null,
  ...given,
};
void serve(options).then((serving) => {
  process.on('message', (asked) => {
    if (asked === 'state') {
      const { rss } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      process.send!({ engine: serving.enginePid(), rss, processor: (user + system) / 1000 });
    } else void serving.close().then(() => process.exit(0));
  });
  process.send!({ url: serving.url, port: serving.port });
});
