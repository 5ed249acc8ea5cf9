// The project's own configuration, with one rule of one source taken out on its way into the tests: no file is touched.
import { join } from 'node:path';
import { mergeConfig } from 'vitest/config';
import own from '../../vitest.config.ts';

const root = join(import.meta.dirname, '../..');
const { file, at, take, put } = JSON.parse(process.env.TSEXPOSE_MUTATION);

export default mergeConfig(own, {
  root,
  plugins: [
    {
      name: 'mutation',
      enforce: 'pre',
      transform(code, id) {
        if (id.split('?', 1)[0] !== join(root, file)) return undefined;
        if (!code.startsWith(take, at)) throw new Error(`${file} has changed since its marks were read`);
        return { code: code.slice(0, at) + put + code.slice(at + take.length), map: null };
      },
    },
  ],
});
