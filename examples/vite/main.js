import { greeting } from './greeting.js';

const response = await fetch('/me');
document.querySelector('#greeting').textContent = greeting(await response.json());
