// Builds elements from text nodes and properties: nothing a person wrote is ever parsed as HTML.

/** Returns a new element with properties, `data-`/`aria-` and other attributes, and children. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (key.includes('-') || key === 'role') made.setAttribute(key, value === true ? '' : value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** Returns a button. */
export function button(label, onclick, className = '') {
  return element('button', { type: 'button', className, onclick }, label);
}

/** Returns the hue of a person's color, which never changes. */
function hueOf(id) {
  let hash = 2166136261;
  for (const character of id) hash = Math.imul(hash ^ character.codePointAt(0), 16777619);
  // Those who differ in the last digit only get colors as far apart as anyone else's.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % 360;
}

/** Gives an element the color of a person. */
export function paint(target, person) {
  target.style.setProperty('--hue', hueOf(person.id));
  return target;
}

/** Returns the avatar of a person: initials in their color, covered by the profile picture once it has loaded. */
export function avatar(person) {
  const made = paint(element('span', { className: 'avatar', 'aria-hidden': 'true' }), person);
  if (person.kind === 'device') {
    made.classList.add('device');
    made.append(byId('device-icon').content.cloneNode(true));
    return made;
  }
  made.append(initials(person.name));
  if (person.picture) {
    const picture = element('img', { alt: '', decoding: 'async', referrerPolicy: 'no-referrer' });
    picture.onload = () => made.append(picture);
    picture.src = person.picture;
  }
  return made;
}

function initials(name) {
  const words = name
    .replace(/@.*/, '')
    .split(/[\s._-]+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : words;
  return chosen.map((word) => [...word][0].toUpperCase()).join('') || '?';
}

/** Returns the tags of a device as chips. */
export function tags(person) {
  return person.tags.map((tag) => element('span', { className: 'tag' }, tag));
}
