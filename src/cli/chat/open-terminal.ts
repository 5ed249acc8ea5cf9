import type { ChatTerminal } from './chat-terminal.tsx';

/** Opens a chat in the terminal. React and ink are loaded for those who look at them. */
export async function openTerminal(name: string, onClosed: () => void): Promise<ChatTerminal> {
  const { ChatTerminal } = await import('./chat-terminal.tsx');
  return new ChatTerminal({ name, onClosed });
}
