// The project's own configuration, with one text of one source replaced on its way into the tests: no file is touched.
import { join } from 'node:path';
import { mergeConfig } from 'vitest/config';
import own from '../../vitest.config.ts';

const root = join(import.meta.dirname, '../..');
const { file, take, put } = JSON.parse(process.env.TSEXPOSE_MUTATION);

export default mergeConfig(own, {
  root,
  plugins: [
    {
      name: 'mutation',
      enforce: 'pre',
      transform(code, id) {
        if (id.split('?', 1)[0] !== join(root, file)) return undefined;
        return { code: code.replace(take, () => put), map: null };
      },
    },
  ],
});
