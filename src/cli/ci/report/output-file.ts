import { randomUUID } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';

/** Appends outputs to the file that a GitHub runner names in `GITHUB_OUTPUT`. */
export function appendOutputs(path: string, outputs: Record<string, string>): void {
  const blocks = Object.entries(outputs).map(([name, value]) => {
    // rule: no value can end its block and begin another output — mutate: randomUUID() => 'EOF'
    const end = `tsexpose_${randomUUID()}`;
    return `${name}<<${end}\n${value}\n${end}\n`;
  });
  appendFileSync(path, blocks.join(''));
}

/** Writes the variables of a GitLab report of type `dotenv`, which has one line for each. */
export function writeDotenv(path: string, variables: Record<string, string>): void {
  // rule: no value can begin another variable — mutate: value.replace(/[\r\n]+/g, ' ') => value
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value.replace(/[\r\n]+/g, ' ')}\n`);
  writeFileSync(path, lines.join(''));
}
