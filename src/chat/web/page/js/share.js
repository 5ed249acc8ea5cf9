// The link to the room, also as a QR code.
import { byId, element } from './elements.js';

/** Sets up the dialog; `room()` returns the room to share. */
export function setUpShare(room) {
  fetch('/-/about').then(async (response) => {
    const { name, lines, terminal } = await response.json();
    byId('chat-name').textContent = name;
    byId('elsewhere').replaceChildren(element('code', {}, terminal), ' or ', element('code', {}, lines));
  });
  const dialog = byId('share');
  byId('share-open').onclick = () => {
    const name = room();
    byId('link').value = new URL(name === 'lobby' ? '/' : `/${name}`, location.href).href;
    byId('qr').src = `/-/qr.svg?room=${encodeURIComponent(name)}`;
    byId('copy').textContent = 'Copy link';
    dialog.showModal();
    byId('copy').focus();
  };
  byId('share-close').onclick = () => dialog.close();
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  byId('copy').onclick = async () => {
    byId('copy').textContent = (await copied()) ? 'Copied' : 'Press Ctrl+C';
  };
  byId('link').onfocus = ({ target }) => target.select();
}

/** The Clipboard API requires a secure context, which to a browser plain HTTP on a tailnet is not; execCommand does not. */
async function copied() {
  const field = byId('link');
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.select();
    return document.execCommand('copy');
  }
}
