// Dates, lists, and counts in words.

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const list = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' });

export const timeOf = (at) => time.format(new Date(at));
export const fullTimeOf = (at) => full.format(new Date(at));

/** Returns `Today`, `Yesterday`, or the date. */
export function dayOf(at) {
  const day = new Date(at).toDateString();
  const yesterday = new Date();
  yesterday.setDate(yesterday.getDate() - 1);
  if (day === new Date().toDateString()) return 'Today';
  return day === yesterday.toDateString() ? 'Yesterday' : weekday.format(new Date(at));
}

/** Returns `Alice, Bob, and 3 others`. */
export function listOf(names, most = 3) {
  if (names.length <= most) return list.format(names);
  return list.format([...names.slice(0, most - 1), `${names.length - most + 1} others`]);
}

export const counted = (count, one, many) => `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** Returns the name to show: with the handle if the name alone could be someone else's. */
export const labelOf = ({ name, handle, ambiguous }) => (ambiguous && handle !== name ? `${name} (${handle})` : name);
