// Runs gofmt and go vet on the Go parts. Prints nothing if both pass.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { GO_TAGS } from './flags.mjs';

process.chdir(dirname(import.meta.dirname));
const env = { ...process.env, CGO_ENABLED: '1', GOTOOLCHAIN: 'local' };

const format = spawnSync('gofmt', ['-l', 'src', 'test', 'bench'], { encoding: 'utf8', env });
const unformatted = format.stdout.trim();
if (unformatted) console.error(`Not formatted with gofmt:\n${unformatted}`);
if (format.stderr) process.stderr.write(format.stderr);

const args = ['vet', '-trimpath', GO_TAGS, '-buildmode=pie', './src/...', './test/...', './bench/...'];
const vet = spawnSync('go', args, { stdio: 'inherit', env });
process.exitCode = unformatted || format.status !== 0 || vet.status !== 0 ? 1 : 0;
